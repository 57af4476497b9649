import { FINALIZERS } from '../../crds/labels.ts';
import { type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Deleting } from './observed.ts';

/** What would outlive the instance or go late is deleted first; then the instance is let go. */
export function planDeletion({ primary, left }: Deleting): Plan {
  const { finalizers = [] } = primary.metadata;
  if (!finalizers.includes(FINALIZERS.sympoziumInstance)) return settled('The instance is going');
  const kept = finalizers.filter((one) => one !== FINALIZERS.sympoziumInstance);
  return {
    actions: [
      ...left.map((target) => ({ verb: 'delete' as const, target, propagation: 'Background' as const })),
      { verb: 'patchMetadata', metadata: { finalizers: kept } },
    ],
    reason: 'The instance was deleted',
  };
}
