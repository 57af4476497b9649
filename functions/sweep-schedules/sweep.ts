import { KINDS } from '../../crds/group.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { ObjectKey } from '../../shared/reconcile/reconciler.ts';
import { pages, passOver, share } from '../../shared/sweep/passes.ts';
import { isDue } from './due.ts';

/** What one sweep came to. */
export interface Swept {
  passes: number;
  failed: number;
}

export interface SweepDependencies {
  kube: Pick<KubeClient, 'page'>;
  /** One pass over one schedule. */
  pass: (key: ObjectKey) => Promise<Reply>;
  now: Date;
  signal: AbortSignal;
}

/** Bound of one tick; what is over it is left to the next. */
const MAX_PASSES = 500;

/** One tick: schedules that should have been looked at get a pass, with the relay or without it. Safe to repeat. */
export async function sweep({ kube, pass, now, signal }: SweepDependencies): Promise<Swept> {
  const keys: ObjectKey[] = [];
  for await (const schedule of pages<SympoziumSchedule>(kube, KINDS.SympoziumSchedule, { limit: 200, signal })) {
    const { namespace = '', name } = schedule.metadata;
    if (isDue(schedule, now)) keys.push({ namespace, name });
  }
  const due = share(keys, MAX_PASSES, now);
  return { passes: due.length, failed: await passOver(due, pass) };
}
