import type { AgentRun } from '../../crds/agentrun.ts';
import { AGENT_RUN_PHASES, isTerminalPhase } from '../../crds/conditions.ts';
import { FINALIZERS, LABELS } from '../../crds/labels.ts';

/**
 * Where a run stands, from the run alone; decides what else is read. `finished`: nothing is left to do. `ended`: its outcome is
 * stored, but not yet told. `elsewhere`: a phase that this reconciler has no part in [RUN-022].
 */
export type Stage = 'finished' | 'deleting' | 'ended' | 'pending' | 'running' | 'postRunning' | 'elsewhere';

export function stageOf({ metadata, status }: AgentRun): Stage {
  const finalizer = hasFinalizer(metadata.finalizers);
  if (metadata.deletionTimestamp !== undefined) return finalizer ? 'deleting' : 'finished';
  const phase = status?.phase ?? '';
  if (isTerminalPhase(phase)) return metadata.labels?.[LABELS.finished] === 'true' && !finalizer ? 'finished' : 'ended';
  if (phase === '' || phase === AGENT_RUN_PHASES.pending) return 'pending';
  if (phase === AGENT_RUN_PHASES.postRunning) return 'postRunning';
  return phase === AGENT_RUN_PHASES.running ? 'running' : 'elsewhere';
}

export function hasFinalizer(finalizers: readonly string[] | undefined): boolean {
  return finalizers?.includes(FINALIZERS.agentRun) ?? false;
}
