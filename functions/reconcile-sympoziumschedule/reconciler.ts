import { KINDS } from '../../crds/group.ts';
import type { Reconciler } from '../../shared/reconcile/reconciler.ts';
import { observeSchedule } from './observe.ts';
import type { Observed } from './observed.ts';
import { planRefusedSchedule, planSchedule } from './plan.ts';

export const scheduleReconciler: Reconciler<Observed, object> = {
  resource: KINDS.SympoziumSchedule,
  fieldManager: 'sympoziumschedule-reconciler',
  observe: observeSchedule,
  plan: planSchedule,
  planRefused: planRefusedSchedule,
};
