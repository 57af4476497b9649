import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { AppError } from '../errors.ts';

/** Header trio of Standard Webhooks. */
export interface SignatureHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/** How old or how far ahead a signed request may be, in seconds. */
export const TOLERANCE_SECONDS = 300;

const SECRET_PREFIX = 'whsec_';

/** Signs `id.timestamp.body`. `secrets[0]` is the current one; receivers may accept several while keys rotate. */
export function sign(secret: string, id: string, body: string | Uint8Array, now: Date): SignatureHeaders {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${digest(secret, id, timestamp, body).toString('base64')}`,
  };
}

/**
 * Checks the raw bytes of a request against any of `secrets`. Throws `SIGNATURE_INVALID` when a header is missing, the time
 * is outside the tolerance, or no signature matches. Returns the id.
 */
export function verify(secrets: readonly string[], headers: Headers, body: string | Uint8Array, now: Date): string {
  const id = headers.get('webhook-id');
  const timestamp = headers.get('webhook-timestamp');
  const signatures = headers.get('webhook-signature');
  if (id === null || timestamp === null || signatures === null) throw refused('a webhook header is missing');
  const age = Math.abs(now.getTime() / 1000 - Number(timestamp));
  if (!/^\d{1,12}$/.test(timestamp) || age > TOLERANCE_SECONDS) throw refused('the timestamp is outside the tolerance');
  const given = signatures
    .split(' ')
    .flatMap((part) => (part.startsWith('v1,') ? [Buffer.from(part.slice(3), 'base64')] : []));
  const expected = secrets.map((secret) => digest(secret, id, timestamp, body));
  const match = expected.some((want) => given.some((got) => got.length === want.length && timingSafeEqual(got, want)));
  if (!match) throw refused('no signature matches');
  return id;
}

function digest(secret: string, id: string, timestamp: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

/** A process knows a handful of secrets, and making a key takes four times as long as signing with it. */
const keys = new Map<string, KeyObject>();

function keyOf(secret: string): KeyObject {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const isEncoded = secret.startsWith(SECRET_PREFIX);
  const bytes = isEncoded ? Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64') : Buffer.from(secret);
  const key = createSecretKey(bytes);
  keys.set(secret, key);
  return key;
}

function refused(why: string): AppError {
  return new AppError('SIGNATURE_INVALID', `Request signature refused: ${why}`);
}
