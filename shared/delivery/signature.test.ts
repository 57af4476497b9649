import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sign, TOLERANCE_SECONDS, verify } from './signature.ts';

const NOW = new Date('2026-01-02T03:04:05Z');
const SECRET = `whsec_${Buffer.from('a key of thirty-two bytes length').toString('base64')}`;
const OTHER = `whsec_${Buffer.from('another key that nobody accepts.').toString('base64')}`;
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const headersOf = (secret: string, body: string): Headers => new Headers({ ...sign(secret, 'id-1', body, NOW) });

describe('verify', () => {
  it('accepts what sign made, whatever the body, and returns its id', () => {
    fc.assert(fc.property(fc.string(), (body) => verify([SECRET], headersOf(SECRET, body), body, NOW) === 'id-1'));
  });

  it('agrees with the published test vector of Standard Webhooks', () => {
    const headers = new Headers({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
    const id = verify(
      ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
      headers,
      '{"test": 2432232314}',
      new Date(1614265330_000),
    );
    expect(id).toBe('msg_p5jXN8AQM9LWM0D4loKWxJek');
  });

  it('accepts either key when they rotate', () => {
    expect(verify([OTHER, SECRET], headersOf(SECRET, 'x'), 'x', NOW)).toBe('id-1');
    expect(verify([SECRET, OTHER], headersOf(SECRET, 'x'), 'x', NOW)).toBe('id-1');
  });

  it.each([
    { when: 'the key is not known', secrets: [OTHER], body: 'x', at: NOW },
    { when: 'the body was changed', secrets: [SECRET], body: 'y', at: NOW },
    { when: 'the request is stale', secrets: [SECRET], body: 'x', at: later(TOLERANCE_SECONDS + 1) },
    { when: 'the request is from the future', secrets: [SECRET], body: 'x', at: later(-TOLERANCE_SECONDS - 1) },
    { when: 'no key is configured', secrets: [], body: 'x', at: NOW },
  ])('refuses when $when', ({ secrets, body, at }) => {
    expect(() => verify(secrets, headersOf(SECRET, 'x'), body, at)).toThrow('signature refused');
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('refuses when %s is missing', (name) => {
    const headers = headersOf(SECRET, 'x');
    headers.delete(name);
    expect(() => verify([SECRET], headers, 'x', NOW)).toThrow('a webhook header is missing');
  });

  it.each(['', 'NaN', '1e9', '-5', '99999999999999'])('refuses when the timestamp is %j', (timestamp) => {
    const headers = headersOf(SECRET, 'x');
    headers.set('webhook-timestamp', timestamp);
    expect(() => verify([SECRET], headers, 'x', NOW)).toThrow('signature refused');
  });
});
