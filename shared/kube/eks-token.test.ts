import { describe, expect, it } from 'vitest';
import { eksToken } from './eks-token.ts';
import { presign } from './sigv4.ts';

/** From the test suite of Signature Version 4 that AWS publishes (aws-c-auth): its key, its time, its scope. */
const SUITE = {
  request: { host: 'example.amazonaws.com', region: 'us-east-1', service: 'service', expiresSeconds: 3600 },
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  time: new Date('2015-08-30T12:36:00Z'),
};

const ENV = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'a/session+token=',
  AWS_REGION: 'eu-central-1',
};

const urlOf = (token: string) => new URL(Buffer.from(token.replace('k8s-aws-v1.', ''), 'base64url').toString());

describe('a presigned request', () => {
  it.each([
    {
      vector: 'get-vanilla-query-order-key-case',
      part: { query: { Param2: 'value2', Param1: 'value1' } },
      signature: '86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5',
    },
    {
      vector: 'get-header-value-trim',
      part: { headers: { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' } },
      signature: 'e7bb0fd515e125e1aec2ecc4c0c17484fb06f6846b927c35e46005dd3df3acd4',
    },
  ])('has the published signature when it is $vector of the test suite', ({ part, signature }) => {
    const url = presign({ ...SUITE.request, ...part }, SUITE.credentials, SUITE.time);
    expect(new URL(url).searchParams.get('X-Amz-Signature')).toBe(signature);
  });
});

describe('an EKS token', () => {
  it('asks STS of the region who calls, for that cluster, when it is taken apart', () => {
    const token = eksToken('prod', ENV, () => new Date('2026-01-02T03:04:05.678Z'))();
    // EKS refuses padding, and tokens beyond 4 KiB.
    expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/);
    const url = urlOf(token);
    expect(url.origin + url.pathname).toBe('https://sts.eu-central-1.amazonaws.com/');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDEXAMPLE/20260102/eu-central-1/sts/aws4_request',
      'X-Amz-Date': '20260102T030405Z',
      'X-Amz-Expires': '60',
      'X-Amz-Security-Token': 'a/session+token=',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('is another one when it is for another cluster', () => {
    const now = () => SUITE.time;
    const signature = (cluster: string) => urlOf(eksToken(cluster, ENV, now)()).searchParams.get('X-Amz-Signature');
    expect(signature('prod')).not.toBe(signature('test'));
  });

  it('is kept while it is young, and signed anew well before its fifteen minutes are over or when the clock is set back', () => {
    let now = SUITE.time.getTime();
    const token = eksToken('prod', ENV, () => new Date(now));
    const minutes = (count: number) => {
      now += count * 60_000;
      return token();
    };
    const first = minutes(0);
    expect(minutes(9)).toBe(first);
    const second = minutes(2);
    expect(second).not.toBe(first);
    expect(minutes(-60)).not.toBe(second);
  });

  it('is of the Chinese partition when the region is there', () => {
    const env = { ...ENV, AWS_REGION: 'cn-north-1' };
    expect(urlOf(eksToken('prod', env)()).host).toBe('sts.cn-north-1.amazonaws.com.cn');
  });

  it.each(['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])('is refused when %s is not set', (name) => {
    expect(eksToken('prod', { ...ENV, [name]: '' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) }),
    );
  });
});
