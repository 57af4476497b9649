import { randomUUID } from 'node:crypto';
import { type Reply, ReplySchema } from '../delivery/reply.ts';
import { sign } from '../delivery/signature.ts';
import { AppError } from '../errors.ts';
import type { ObjectKey } from '../reconcile/reconciler.ts';

const DEADLINE_MS = 35_000;

/** The reconciler that passes are asked of, where functions answer, and the key that passes are asked for with. */
export interface PassRequest {
  functionName: string;
  plural: string;
  functionsUrl: string;
  secret: string;
}

/**
 * Asks a reconciler for a pass over one object, as the relay would: the pass is the same code under the same identity, and who
 * asks needs no more rights than to list.
 */
export async function requestPass(
  { namespace, name }: ObjectKey,
  { functionName, plural, functionsUrl, secret }: PassRequest,
  now: Date,
  signal: AbortSignal,
): Promise<Reply> {
  const id = randomUUID();
  const body = JSON.stringify({
    specversion: '1.0',
    id,
    source: `/sweep-${plural}`,
    type: 'ai.sympozium.reconcile',
    subject: `${plural}/${namespace}/${name}`,
    time: now.toISOString(),
    data: { attempt: 0 },
  });
  const response = await fetch(new URL(`/functions/${functionName}`, functionsUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...sign(secret, id, body, now) },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
  }).catch((cause: unknown) => {
    throw new AppError('UPSTREAM_UNAVAILABLE', `No function answers at ${functionsUrl}`, { cause });
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new AppError('UPSTREAM_UNAVAILABLE', `${functionName} answered ${response.status}`);
  }
  return ReplySchema.parse(await response.json());
}
