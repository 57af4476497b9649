import { KINDS } from '../../crds/group.ts';
import type { Reconciler } from '../../shared/reconcile/reconciler.ts';
import { observePolicy } from './observe.ts';
import type { Observed } from './observed.ts';
import { planPolicy } from './plan.ts';

export const policyReconciler: Reconciler<Observed, object> = {
  resource: KINDS.SympoziumPolicy,
  fieldManager: 'sympoziumpolicy-reconciler',
  observe: observePolicy,
  plan: planPolicy,
};
