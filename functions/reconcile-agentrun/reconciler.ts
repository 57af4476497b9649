import { KINDS } from '../../crds/group.ts';
import type { Reconciler } from '../../shared/reconcile/reconciler.ts';
import type { RunConfig } from './config.ts';
import { observeAgentRun } from './observe.ts';
import type { Observed } from './observed.ts';
import { planAgentRun, planRefusedAgentRun } from './plan.ts';
import { runSignals } from './signals.ts';

export const agentRunReconciler: Reconciler<Observed, RunConfig> = {
  resource: KINDS.AgentRun,
  fieldManager: 'agentrun-reconciler',
  observe: observeAgentRun,
  plan: planAgentRun,
  planRefused: planRefusedAgentRun,
  signals: runSignals,
};
