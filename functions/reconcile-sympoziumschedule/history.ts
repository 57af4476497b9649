import type { AgentRun } from '../../crds/agentrun.ts';
import { AGENT_RUN_PHASES } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { refOf } from '../../shared/kube/resources.ts';
import type { Action } from '../../shared/reconcile/plan.ts';

/** A run is kept for longer than any pass lives, so that no pass finds the name of a tick's run free again. */
const KEPT_SECONDS = 120;
/** What is beyond it goes at the next ticks. */
const MAX_DELETED = 20;

/** The oldest ended runs beyond the schedule's own limits. */
export function historyActions({ spec }: SympoziumSchedule, ended: readonly AgentRun[], now: Date): Action[] {
  const succeeded = (run: AgentRun) => run.status?.phase === AGENT_RUN_PHASES.succeeded;
  return [
    ...surplus(ended.filter(succeeded), spec.successfulRunsHistoryLimit),
    ...surplus(
      ended.filter((run) => !succeeded(run)),
      spec.failedRunsHistoryLimit,
    ),
  ]
    .filter(({ metadata }) => now.getTime() - Date.parse(metadata.creationTimestamp ?? '') > KEPT_SECONDS * 1000)
    .slice(0, MAX_DELETED)
    .map((run) => ({ verb: 'delete', target: refOf(KINDS.AgentRun, run), propagation: 'Background' }));
}

function surplus(runs: readonly AgentRun[], limit = Number.POSITIVE_INFINITY): AgentRun[] {
  const standing = runs.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const age = ({ metadata }: AgentRun) => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  const oldestFirst = standing.toSorted((a, b) => (age(a) < age(b) ? -1 : 1));
  return oldestFirst.slice(0, Math.max(standing.length - limit, 0));
}
