import { KINDS } from '../../crds/group.ts';
import { FINALIZERS } from '../../crds/labels.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import type { ObjectMeta } from '../../shared/kube/objects.ts';
import { release } from '../../shared/reconcile/finalizer.ts';
import { type Plan, settled } from '../../shared/reconcile/plan.ts';

/** Runs let go in one pass. */
const BATCH = 200;

/** The runs of a schedule outlive it: those that have ended as its history, those under way to their end [CTL-WS10]. */
export function planDeletion({ metadata }: SympoziumSchedule, runs: readonly ObjectMeta[]): Plan {
  const freed = release(metadata, FINALIZERS.sympoziumSchedule);
  if (freed.length === 0) return settled('The schedule is going');
  const released = runs.slice(0, BATCH).map(({ name, namespace = '', uid = '' }) => {
    const target = { resource: KINDS.AgentRun, namespace, name, uid };
    return { verb: 'patch' as const, target, change: { metadata: { ownerReferences: null } } };
  });
  if (runs.length > BATCH) return { actions: released, reason: 'Runs are let go', requeueAfterSeconds: 1 };
  return { actions: [...released, ...freed], reason: 'The schedule goes; its runs stay' };
}
