/** The runs that a run's agent asked for: nobody waits for their answers once it is over, so they are over, too. */
import type { AgentRun } from '../../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES, isTerminalPhase, RUN_REASONS } from '../../../crds/conditions.ts';
import { KINDS } from '../../../crds/group.ts';
import { LABELS } from '../../../crds/labels.ts';
import { cutBytes } from '../../../shared/bytes.ts';
import { given } from '../../../shared/given.ts';
import { controllerOf, isControlledBy } from '../../../shared/kube/objects.ts';
import { refOf } from '../../../shared/kube/resources.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import { type Failure, failure } from '../failure.ts';

/** Answers of children are theirs; the parent's status has the beginning. */
const ANSWER_MAX = 2_048;
/** As many as the status has room for, beside its own answer. */
const DELEGATES_MAX = 100;

/** Those of the runs that this very run asked for, in the order of their names. */
export const childrenAmong = (run: AgentRun, runs: readonly AgentRun[]): AgentRun[] =>
  runs.filter((one) => isControlledBy(one, run)).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));

/** The status with what became of each child so far. */
export function withDelegates(status: AgentRunStatus, children: readonly AgentRun[] = []): AgentRunStatus {
  if (children.length === 0) return status;
  const delegates = children.slice(0, DELEGATES_MAX).map(({ metadata, status: of = {} }) => ({
    childRunName: metadata.name,
    targetPersona: metadata.labels?.[LABELS.persona] ?? '',
    ...given({ phase: of.phase, result: beginning(of.result), error: beginning(of.error) }),
  }));
  return { ...status, delegates };
}

const beginning = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : cutBytes(text, ANSWER_MAX).text;

/** Cancels the children that go on. */
export function endChildren(children: readonly AgentRun[] = []): Action[] {
  return children
    .filter(({ spec, status }) => spec.cancel !== true && !isTerminalPhase(status?.phase))
    .map((child) => ({ verb: 'patch', target: refOf(KINDS.AgentRun, child), change: { spec: { cancel: true } } }));
}

/** A child that starts when the run that asked for it is over: that one could not see it yet when it ended. */
export function orphaned(run: AgentRun, parent: AgentRun | undefined): Failure | undefined {
  const owner = controllerOf(run);
  if (owner?.kind !== KINDS.AgentRun.kind || owner.name !== run.spec.parent?.runName) return undefined;
  const { phase = '' } = parent?.status ?? {};
  const gone = parent?.metadata.uid !== owner.uid;
  if (!gone && !isTerminalPhase(phase) && phase !== AGENT_RUN_PHASES.postRunning) return undefined;
  return failure(RUN_REASONS.cancelled, 'cancelled', `Run "${owner.name}", which asked for it, is over`);
}
