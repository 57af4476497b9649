import { describe, expect, it } from 'vitest';
import { createReceiver } from './receive.ts';
import { createReplayGuard } from './replay-guard.ts';
import { sign, TOLERANCE_SECONDS } from './signature.ts';

const NOW = new Date('2026-01-02T03:04:05Z');
const SECRET = 'a secret';
const envelope = {
  specversion: '1.0',
  id: 'e-1',
  source: '/relay/0',
  type: 'ai.sympozium.reconcile',
  subject: 'agentruns/default/run-1',
  time: NOW.toISOString(),
  data: { attempt: 0 },
};
const requestOf = (body: string, id = 'd-1'): Request =>
  new Request('http://function/', { method: 'POST', body, headers: { ...sign(SECRET, id, body, NOW) } });
const receiver = () => createReceiver([SECRET], () => NOW);

describe('createReceiver', () => {
  it('returns the envelope of a signed request', async () => {
    await expect(receiver()(requestOf(JSON.stringify(envelope)))).resolves.toMatchObject({ subject: envelope.subject });
  });

  it('refuses the second of two requests with one id, though its signature is right', async () => {
    const receive = receiver();
    await receive(requestOf(JSON.stringify(envelope)));
    await expect(receive(requestOf(JSON.stringify(envelope)))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    await expect(receive(requestOf(JSON.stringify(envelope), 'd-2'))).resolves.toMatchObject({ id: 'e-1' });
  });

  it('checks the signature before it parses', async () => {
    const forged = new Request('http://function/', {
      method: 'POST',
      body: '{',
      headers: { ...sign('wrong', 'd', '{', NOW) },
    });
    await expect(receiver()(forged)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    await expect(receiver()(requestOf('{'))).rejects.toMatchObject({ code: 'ENVELOPE_INVALID' });
  });

  it.each([
    { when: 'the type is unknown', change: { type: 'other' }, names: 'type' },
    { when: 'the subject is missing', change: { subject: undefined }, names: 'subject' },
    { when: 'the attempt is negative', change: { data: { attempt: -1 } }, names: 'data.attempt' },
  ])('names the field when $when', async ({ change, names }) => {
    await expect(receiver()(requestOf(JSON.stringify({ ...envelope, ...change })))).rejects.toThrow(`\`${names}\``);
  });
});

describe('createReplayGuard', () => {
  it('forgets an id once its signature would be stale anyway', () => {
    const guard = createReplayGuard();
    const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
    expect(guard.admit('a', at(0))).toBe(true);
    expect(guard.admit('a', at(TOLERANCE_SECONDS))).toBe(false);
    expect(guard.admit('a', at(2 * TOLERANCE_SECONDS + 1))).toBe(true);
  });
});
