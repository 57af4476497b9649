import { randomUUID } from 'node:crypto';
import { type Reply, ReplySchema } from '../../shared/delivery/reply.ts';
import { sign } from '../../shared/delivery/signature.ts';
import { AppError } from '../../shared/errors.ts';
import type { ObjectKey } from '../../shared/reconcile/reconciler.ts';
import type { SweepConfig } from './config.ts';

const DEADLINE_MS = 35_000;

/**
 * Asks `reconcile-agentrun` for a pass over one run, as the relay would: the pass is the same code under the same identity, and
 * this function needs no more rights than to list.
 */
export async function requestPass(
  { namespace, name }: ObjectKey,
  { functionsUrl, secret }: SweepConfig,
  now: Date,
  signal: AbortSignal,
): Promise<Reply> {
  const id = randomUUID();
  const body = JSON.stringify({
    specversion: '1.0',
    id,
    source: '/sweep-agentruns',
    type: 'ai.sympozium.reconcile',
    subject: `agentruns/${namespace}/${name}`,
    time: now.toISOString(),
    data: { attempt: 0 },
  });
  const response = await fetch(new URL('/functions/reconcile-agentrun', functionsUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...sign(secret, id, body, now) },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
  }).catch((cause: unknown) => {
    throw new AppError('UPSTREAM_UNAVAILABLE', `No function answers at ${functionsUrl}`, { cause });
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new AppError('UPSTREAM_UNAVAILABLE', `reconcile-agentrun answered ${response.status}`);
  }
  return ReplySchema.parse(await response.json());
}
