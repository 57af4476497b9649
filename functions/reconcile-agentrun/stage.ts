import type { AgentRun } from '../../crds/agentrun.ts';
import { AGENT_RUN_PHASES, isTerminalPhase } from '../../crds/conditions.ts';
import { FINALIZERS, LABELS } from '../../crds/labels.ts';
import { isServer } from './pod/run-build.ts';

/**
 * Where a run stands, from the run alone; decides what else is read. `finished`: nothing is left to do. `ended`: its outcome is
 * stored, but not yet told. `cancelled`: somebody wants it ended, and it has not ended. `elsewhere`: a phase that this reconciler
 * has no part in [RUN-022].
 */
export type Stage =
  | 'finished'
  | 'deleting'
  | 'ended'
  | 'cancelled'
  | 'pending'
  | 'running'
  | 'serving'
  | 'postRunning'
  | 'elsewhere';

export function stageOf({ metadata, spec, status }: AgentRun): Stage {
  const finalizer = hasFinalizer(metadata.finalizers);
  if (metadata.deletionTimestamp !== undefined) return finalizer ? 'deleting' : 'finished';
  const phase = status?.phase ?? '';
  if (isTerminalPhase(phase)) return metadata.labels?.[LABELS.finished] === 'true' && !finalizer ? 'finished' : 'ended';
  const atWork = AT_WORK[phase] ?? 'elsewhere';
  // A server has one stage from its start until it ends.
  const stage = atWork === 'pending' && isServer({ spec }) ? 'serving' : atWork;
  return spec.cancel === true && stage !== 'elsewhere' ? 'cancelled' : stage;
}

const AT_WORK: Readonly<Record<string, Stage>> = {
  '': 'pending',
  [AGENT_RUN_PHASES.pending]: 'pending',
  [AGENT_RUN_PHASES.running]: 'running',
  [AGENT_RUN_PHASES.serving]: 'serving',
  [AGENT_RUN_PHASES.postRunning]: 'postRunning',
};

export function hasFinalizer(finalizers: readonly string[] | undefined): boolean {
  return finalizers?.includes(FINALIZERS.agentRun) ?? false;
}
