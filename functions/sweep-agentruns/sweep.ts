import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject, ObjectMeta } from '../../shared/kube/objects.ts';
import type { ObjectKey } from '../../shared/reconcile/reconciler.ts';
import { log } from '../../shared/telemetry/log.ts';
import { isDue, share } from './due.ts';
import { surplus } from './history.ts';

/** What one sweep came to. */
export interface Swept {
  passes: number;
  failed: number;
  pruned: number;
}

export interface SweepDependencies {
  kube: Pick<KubeClient, 'page' | 'remove'>;
  /** One pass over one run. */
  pass: (key: ObjectKey) => Promise<Reply>;
  now: Date;
  maxHistory: number;
  signal: AbortSignal;
}

/** Bounds of one tick; what is over them is left to the next. */
const MAX_PASSES = 100;
const MAX_PRUNED = 200;
const AT_A_TIME = 10;

/** One tick: runs that should have moved on get a pass, and each instance's oldest finished runs go. Safe to repeat. */
export async function sweep(dependencies: SweepDependencies): Promise<Swept> {
  const due = await dueRuns(dependencies);
  const failed = await inParallel(due, (key) => tryPass(key, dependencies));
  const pruned = await prune(dependencies);
  return { passes: due.length, failed, pruned };
}

async function dueRuns({ kube, now, signal }: SweepDependencies): Promise<ObjectKey[]> {
  const keys: ObjectKey[] = [];
  for await (const run of pages<AgentRun>(kube, { labelSelector: `!${LABELS.finished}`, limit: 100, signal })) {
    if (isDue(run, now)) keys.push({ namespace: run.metadata.namespace ?? '', name: run.metadata.name });
  }
  return share(keys, MAX_PASSES, now);
}

/** A run that fails is tried again with the next tick, and keeps no other from its pass. Returns the number of failures. */
async function tryPass(key: ObjectKey, { pass }: SweepDependencies): Promise<number> {
  try {
    const { outcome } = await pass(key);
    return outcome === 'retry' || outcome === 'terminal' ? 1 : 0;
  } catch (thrown) {
    log('warn', 'Pass of a due run failed', {
      ...key,
      error: thrown instanceof Error ? thrown.message : String(thrown),
    });
    return 1;
  }
}

async function prune({ kube, maxHistory, signal }: SweepDependencies): Promise<number> {
  const finished: ObjectMeta[] = [];
  const options = { labelSelector: `${LABELS.finished}=true`, metadataOnly: true, signal };
  for await (const { metadata } of pages<KubeObject>(kube, options)) finished.push(metadata);
  const doomed = surplus(finished, maxHistory).slice(0, MAX_PRUNED);
  await inParallel(doomed, async ({ name, namespace = '', uid = '' }) => {
    await kube.remove({ resource: KINDS.AgentRun, name, namespace, uid }, { signal });
    return 0;
  });
  return doomed.length;
}

/** All runs that match, a page at a time, so that memory does not grow with their number. */
async function* pages<T extends KubeObject>(
  kube: SweepDependencies['kube'],
  options: { labelSelector: string; limit?: number; metadataOnly?: boolean; signal: AbortSignal },
): AsyncGenerator<T> {
  let next: string | undefined;
  do {
    const page = await kube.page<T>(KINDS.AgentRun, { ...options, ...(next !== undefined && { continue: next }) });
    yield* page.items;
    next = page.metadata.continue === '' ? undefined : page.metadata.continue;
  } while (next !== undefined);
}

/** Runs `work` over all items, ten at a time. Returns the sum of what they give. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<number>): Promise<number> {
  let sum = 0;
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) {
      const part = await work(item);
      sum += part;
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, items.length) }, worker));
  return sum;
}
