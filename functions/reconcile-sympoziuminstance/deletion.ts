import { FINALIZERS } from '../../crds/labels.ts';
import { release } from '../../shared/reconcile/finalizer.ts';
import { type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Deleting } from './observed.ts';

/** What would outlive the instance or go late is deleted first; then the instance is let go. */
export function planDeletion({ primary, left }: Deleting): Plan {
  const freed = release(primary.metadata, FINALIZERS.sympoziumInstance);
  if (freed.length === 0) return settled('The instance is going');
  return {
    actions: [
      ...left.map((target) => ({ verb: 'delete' as const, target, propagation: 'Background' as const })),
      ...freed,
    ],
    reason: 'The instance was deleted',
  };
}
