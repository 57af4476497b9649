import { describe, expect, it } from 'vitest';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { withApprovalGate, withoutApprovalGate } from './approval-gate.ts';
import { credentialsOf } from './credentials.ts';
import { cronOf } from './heartbeat.ts';
import { patchedSpec } from './instance-patch.ts';

describe('the interval of a heartbeat', () => {
  it.each([
    ['1m', '* * * * *'],
    [' 5MIN ', '*/5 * * * *'],
    ['30m', '*/30 * * * *'],
    ['1d', '0 0 * * *'],
    ['15 3 * * 1', '15 3 * * 1'],
    ['3h', '0 * * * *'],
    ['45m', '0 * * * *'],
  ])('%j is %j [API-040]', (interval, cron) => {
    expect(cronOf(interval)).toBe(cron);
  });
});

describe('credentials of a request', () => {
  const request = { name: 'x', provider: 'openai', model: 'm' };

  it.each([
    ['openai', 'x-openai-key', 'OPENAI_API_KEY'],
    ['anthropic', 'x-anthropic-key', 'ANTHROPIC_API_KEY'],
    ['azure-openai', 'x-azure-openai-key', 'AZURE_OPENAI_API_KEY'],
    ['Weird', 'x-weird-key', 'PROVIDER_API_KEY'],
  ])('of %s go into Secret %s under %s [API-026] [API-027] [API-028]', (provider, secretName, key) => {
    expect(credentialsOf({ ...request, provider, apiKey: 'k' })).toEqual({ secretName, values: { [key]: 'k' } });
  });

  it('are none when a Secret is named or nothing was brought [API-025]', () => {
    expect(credentialsOf({ ...request, apiKey: 'k', secretName: 'own' })).toBeUndefined();
    expect(credentialsOf(request)).toBeUndefined();
  });

  it('of bedrock are the region, and the keys when there are any [API-031] [API-032]', () => {
    const bedrock = { ...request, provider: 'bedrock', awsRegion: 'r' };
    const keys = { awsAccessKeyId: 'i', awsSecretAccessKey: 's', awsSessionToken: 't' };

    expect(credentialsOf(bedrock)?.values).toEqual({ AWS_REGION: 'r' });
    expect(Object.keys(credentialsOf({ ...bedrock, ...keys })?.values ?? {})).toEqual([
      'AWS_REGION',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
    ]);
  });
});

describe('the approval gate', () => {
  it('is there once when asked for twice, and gone without a trace afterwards [API-053] [API-W39]', () => {
    const once = withApprovalGate(undefined);

    expect(withApprovalGate(once)).toBe(once);
    expect(once.postRun).toHaveLength(1);
    expect(withoutApprovalGate(once)).toBeUndefined();
  });

  it('leaves the other hooks and rules as they were', () => {
    const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
    const hooks = { preRun: [{ name: 'a', image: 'i' }], rbac: [rule], gateDefault: 'allow' as const };

    expect(withoutApprovalGate(withApprovalGate(hooks))).toEqual({ ...hooks, gateDefault: 'block' });
  });
});

describe('a patched spec', () => {
  const spec = (skills: SympoziumInstance['spec']['skills']): SympoziumInstance['spec'] => ({
    agents: { default: { model: 'm' } },
    ...(skills && { skills }),
  });

  it('has the web skill once, with the parameters of the last patch [API-048] [API-051]', () => {
    const first = patchedSpec(spec(undefined), { webEndpoint: { hostname: 'a', rateLimit: { requestsPerMinute: 9 } } });
    const second = patchedSpec(first, { webEndpoint: { enabled: true, hostname: 'b' } });

    expect(first.skills).toEqual([{ skillPackRef: 'web-endpoint', params: { hostname: 'a', rate_limit_rpm: '9' } }]);
    expect(second.skills).toEqual([{ skillPackRef: 'web-endpoint', params: { hostname: 'b' } }]);
  });

  it('knows the skill by its other name, too [API-052]', () => {
    const other = spec([{ skillPackRef: 'skillpack-web-endpoint' }, { skillPackRef: 'k8s' }]);

    expect(patchedSpec(other, { webEndpoint: { enabled: false } }).skills).toEqual([{ skillPackRef: 'k8s' }]);
  });

  it('has no hooks when the patch brings an object without any [API-054]', () => {
    const hooked = patchedSpec(spec(undefined), { requireApproval: true });

    expect(
      patchedSpec(hooked, { lifecycle: { preRun: [], gateDefault: 'block' } }).agents.default.lifecycle,
    ).toBeUndefined();
  });
});
