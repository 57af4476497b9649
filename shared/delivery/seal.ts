import { randomUUID } from 'node:crypto';
import type { Envelope } from './envelope.ts';
import { type SignatureHeaders, sign } from './signature.ts';

/** What an envelope is about; the rest is made when it is sealed. */
export type EnvelopeContent = Pick<Envelope, 'type' | 'subject' | 'data'> & { traceparent?: string };

/** An envelope with an id of its own, as the bytes that are sent and the headers that sign them. */
export function seal(
  content: EnvelopeContent,
  { source, secret, now }: { source: string; secret: string; now: Date },
): { body: Buffer<ArrayBuffer>; headers: SignatureHeaders } {
  const id = randomUUID();
  const body = Buffer.from(JSON.stringify({ specversion: '1.0', id, source, time: now.toISOString(), ...content }));
  return { body, headers: sign(secret, id, body, now) };
}
