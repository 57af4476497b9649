import { KINDS } from '../../crds/group.ts';
import type { Reconciler } from '../../shared/reconcile/reconciler.ts';
import { observeSkillPack } from './observe.ts';
import type { Observed } from './observed.ts';
import { planRefusedSkillPack, planSkillPack } from './plan.ts';

export const skillPackReconciler: Reconciler<Observed, object> = {
  resource: KINDS.SkillPack,
  fieldManager: 'skillpack-reconciler',
  observe: observeSkillPack,
  plan: planSkillPack,
  planRefused: planRefusedSkillPack,
};
