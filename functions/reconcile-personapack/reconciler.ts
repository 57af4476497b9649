import { KINDS } from '../../crds/group.ts';
import type { Reconciler } from '../../shared/reconcile/reconciler.ts';
import type { PackConfig } from './config.ts';
import { observePack } from './observe.ts';
import type { Observed } from './observed.ts';
import { planPack, planRefusedPack } from './plan.ts';

export const packReconciler: Reconciler<Observed, PackConfig> = {
  resource: KINDS.PersonaPack,
  fieldManager: 'personapack-reconciler',
  observe: observePack,
  plan: planPack,
  planRefused: planRefusedPack,
};
