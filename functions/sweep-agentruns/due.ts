import type { AgentRun } from '../../crds/agentrun.ts';
import { AGENT_RUN_PHASES, isTerminalPhase } from '../../crds/conditions.ts';
import { parseGoDuration } from '../../shared/runs/go-duration.ts';

/** What the relay has normally seen to long before. */
const SLACK_SECONDS = 30;
/** A run whose pod is on its way is looked at by its reconciler every few seconds; one that nobody looks at is not. */
const PENDING_SECONDS = 60;
const DEFAULT_TIMEOUT_SECONDS = 600;

/**
 * Whether a run without the mark `finished` should have moved on by now: pending and not begun, over its time, ended and not
 * told, deleted and not let go, or cancelled and not ended. Decides only that a pass is worthwhile; the pass itself decides everything.
 */
export function isDue(run: AgentRun, now: Date): boolean {
  const { metadata, spec, status } = run;
  const since = (time: string | undefined) => (now.getTime() - Date.parse(time ?? '')) / 1000;
  if (metadata.deletionTimestamp !== undefined) return since(metadata.deletionTimestamp) > SLACK_SECONDS;
  const phase = status?.phase ?? '';
  if (isTerminalPhase(phase)) return !(since(status?.completedAt) <= SLACK_SECONDS);
  if (spec.cancel === true) return true;
  if (phase === '' || phase === AGENT_RUN_PHASES.pending) return since(metadata.creationTimestamp) > PENDING_SECONDS;
  if (phase !== AGENT_RUN_PHASES.running) return false;
  return since(status?.startedAt) > timeoutOf(run) + SLACK_SECONDS;
}

function timeoutOf({ spec, status }: AgentRun): number {
  return parseGoDuration(status?.resolution?.timeout ?? spec.timeout ?? '') ?? DEFAULT_TIMEOUT_SECONDS;
}
