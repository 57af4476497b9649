import { KINDS } from '../../crds/group.ts';
import type { Reconciler } from '../../shared/reconcile/reconciler.ts';
import type { InstanceConfig } from './config.ts';
import { observeInstance } from './observe.ts';
import type { Observed } from './observed.ts';
import { planInstance, planRefusedInstance } from './plan.ts';

export const instanceReconciler: Reconciler<Observed, InstanceConfig> = {
  resource: KINDS.SympoziumInstance,
  fieldManager: 'sympoziuminstance-reconciler',
  observe: observeInstance,
  plan: planInstance,
  planRefused: planRefusedInstance,
};
