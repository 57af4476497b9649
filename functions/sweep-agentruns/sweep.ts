import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject, ObjectMeta } from '../../shared/kube/objects.ts';
import type { ObjectKey } from '../../shared/reconcile/reconciler.ts';
import { inParallel, pages, passOver, share } from '../../shared/sweep/passes.ts';
import { isDue } from './due.ts';
import { surplus } from './history.ts';
import { headsOfLines, isWaiting, type Waiting, waitingRun } from './line.ts';

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

/** One tick: runs that should have moved on get a pass, and each instance's oldest finished runs go. Safe to repeat. */
export async function sweep(dependencies: SweepDependencies): Promise<Swept> {
  const due = await dueRuns(dependencies);
  const failed = await passOver(due, dependencies.pass);
  const pruned = await prune(dependencies);
  return { passes: due.length, failed, pruned };
}

async function dueRuns({ kube, now, signal }: SweepDependencies): Promise<ObjectKey[]> {
  const keys: ObjectKey[] = [];
  const waiting: Waiting[] = [];
  for await (const run of pages<AgentRun>(kube, KINDS.AgentRun, {
    labelSelector: `!${LABELS.finished}`,
    limit: 100,
    signal,
  })) {
    if (!isDue(run, now)) continue;
    if (isWaiting(run) && run.spec.cancel !== true) waiting.push(waitingRun(run));
    else keys.push({ namespace: run.metadata.namespace ?? '', name: run.metadata.name });
  }
  const heads = headsOfLines(waiting).map(({ namespace, name }) => ({ namespace, name }));
  return share([...keys, ...heads], MAX_PASSES, now);
}

async function prune({ kube, maxHistory, signal }: SweepDependencies): Promise<number> {
  const finished: ObjectMeta[] = [];
  const options = { labelSelector: `${LABELS.finished}=true`, metadataOnly: true, signal };
  for await (const { metadata } of pages<KubeObject>(kube, KINDS.AgentRun, options)) finished.push(metadata);
  const doomed = surplus(finished, maxHistory).slice(0, MAX_PRUNED);
  await inParallel(doomed, async ({ name, namespace = '', uid = '' }) => {
    await kube.remove({ resource: KINDS.AgentRun, name, namespace, uid }, { signal });
    return 0;
  });
  return doomed.length;
}
