import { KINDS } from '../../crds/group.ts';
import type { Reconciler } from '../../shared/reconcile/reconciler.ts';
import { observeConfig } from './observe.ts';
import type { Observed } from './observed.ts';
import { planConfig, planRefusedConfig } from './plan.ts';
import { configSignals } from './signals.ts';

export const configReconciler: Reconciler<Observed, object> = {
  resource: KINDS.SympoziumConfig,
  fieldManager: 'sympoziumconfig-reconciler',
  observe: observeConfig,
  plan: planConfig,
  planRefused: planRefusedConfig,
  signals: configSignals,
};
