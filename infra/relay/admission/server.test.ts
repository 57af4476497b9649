import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../shared/config/load.ts';
import { createReceiver } from '../../../shared/delivery/receive.ts';
import { makeWebhookIdentity } from '../../local/webhook-identity.ts';
import type { RelayConfig } from '../config.ts';
import { type Post, PostTimeoutError } from '../delivery/post.ts';
import { createAdmissionServer } from './server.ts';

const KEY = 'the-key-of-relay-and-function';
const folder = mkdtempSync(join(tmpdir(), 'relay-admission-'));
const { ca, certFile, keyFile } = await makeWebhookIdentity(folder);
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const configOf = (certificate: object) =>
  ({
    ...certificate,
    RELAY_SHARD: '0',
    functions: [{ name: 'admit', timeoutSeconds: 8, concurrency: 1, admits: [{ path: '/validate' }] }],
  }) as unknown as RelayConfig; // Nothing else of it concerns this endpoint.
const CERTIFICATE = { ADMISSION_CERT_FILE: certFile, ADMISSION_KEY_FILE: keyFile };

async function ask(post: Post, body: string, path = '/validate?timeout=10s', type = 'application/json') {
  const admission = createAdmissionServer(configOf(CERTIFICATE), post, new Secret(KEY));
  if (admission === undefined) throw new Error('It has a certificate');
  closing.push(admission.stop);
  await new Promise<void>((resolve) => admission.server.listen(0, '127.0.0.1', resolve));
  const { port } = admission.server.address() as AddressInfo;
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const sent = request(`https://127.0.0.1:${port}${path}`, { method: 'POST', ca, headers }, async (response) => {
      const text = (await response.toArray()).join('');
      resolve({ status: response.statusCode ?? 0, text });
    });
    sent.on('error', reject).end(body);
  });
}

const answering =
  (status: number, body: string): Post =>
  async () => ({ status, body, retryAfter: undefined });

describe('the admission endpoint', () => {
  it('hands a question on, signed, as it came, and the answer back', async () => {
    const received: unknown[] = [];
    const receive = createReceiver([KEY], () => new Date());
    const post: Post = async (path, headers, body) => {
      const asked = new Request(`http://host${path}`, { method: 'POST', headers, body: new Uint8Array(body) });
      received.push(path, await receive(asked));
      return { status: 200, body: '{"response":{}}', retryAfter: undefined };
    };
    expect(await ask(post, '{"request":{"uid":"u"}}')).toEqual({ status: 200, text: '{"response":{}}' });
    expect(received).toMatchObject([
      '/functions/admit',
      { type: 'ai.sympozium.admission', subject: '/validate', data: { review: { request: { uid: 'u' } } } },
    ]);
  });

  it.each([
    { when: 'refuses', post: answering(401, '{}') },
    { when: 'fails', post: answering(500, '{}') },
    { when: 'is late', post: (() => Promise.reject(new PostTimeoutError('No answer in time'))) as Post },
  ])('answers 500, so that the failure policy decides, when the function $when [CTL-WA9]', async ({ post }) => {
    expect(await ask(post, '{}')).toMatchObject({ status: 500 });
  });

  it.each([
    { what: 'nothing', body: '', says: 'request body is empty' },
    { what: 'no JSON', body: '{', says: 'must be JSON' },
    { what: 'another type', body: '{}', type: 'text/plain', says: 'contentType=text/plain' },
    { what: 'too much', body: `"${'x'.repeat(3_300_000)}"`, says: 'at most 3300000 bytes' },
  ])('refuses $what without asking the function', async ({ body, type, says }) => {
    const { status, text } = await ask(answering(200, '{"response":{"allowed":true}}'), body, '/validate', type);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ response: { allowed: false, status: { code: 400 } } });
    expect(text).toContain(says);
  });

  it('knows the paths of its functions only', async () => {
    expect(await ask(answering(200, '{}'), '{}', '/other')).toMatchObject({ status: 404 });
  });

  it('is not served without a certificate, and says so when that cannot be read', () => {
    expect(createAdmissionServer(configOf({}), answering(200, ''), new Secret(KEY))).toBeUndefined();
    const missing = { ADMISSION_CERT_FILE: '/absent/crt', ADMISSION_KEY_FILE: '/absent/key' };
    expect(() => createAdmissionServer(configOf(missing), answering(200, ''), new Secret(KEY))).toThrow('/absent/crt');
    rmSync(folder, { recursive: true, force: true });
  });
});
