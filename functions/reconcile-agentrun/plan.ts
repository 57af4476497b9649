/**
 * AgentRun: in task mode Pending → Running (→ PostRunning) → Succeeded or Failed; servers are in `server/`. Decides from what is
 * observed now, never from the event that woke it. Pure: the clock comes in as an argument, writes and messages go out as data.
 */
import type { AgentRunStatus, Resolution } from '../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES, isTerminalPhase } from '../../crds/conditions.ts';
import { JOBS } from '../../shared/kube/resources.ts';
import { type Action, type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Refusal } from '../../shared/reconcile/reconciler.ts';
import type { RunConfig } from './config.ts';
import { withDelegates } from './ending/children.ts';
import { answerAsker } from './ending/delegation.ts';
import { rememberActions } from './ending/memory-block.ts';
import { planRetry } from './ending/retry.ts';
import { cancelledEvent, deletion, failBegun, mark, wrapUp } from './ending/terminal.ts';
import { CANCELLED, type Failure } from './failure.ts';
import { hooksFollow, planPostRun, startPostRun, withoutHooks } from './hooks/post-run.ts';
import type { Ending, Executing, Observed, Starting } from './observed.ts';
import { resolutionOf, startOf } from './outcome/progress.ts';
import { judge } from './outcome/verdict.ts';
import { wakesAtEnd } from './queue/slot-wakes.ts';
import { revocations, strayRevocations } from './rights/grants.ts';
import { failedStatus, queuedStatus, runningStatus, succeededStatus } from './run-status.ts';
import { planRefusedServing, planServing } from './server/plan.ts';
import { hasFinalizer } from './stage.ts';
import { claim } from './start/claim.ts';
import { refusedFailure } from './start/refusal.ts';
import { applyInput, type Beginning, begin, buildOf, POD_CHECK_SECONDS } from './start/start.ts';
import { joined } from './trace.ts';

/** A waiting run looks again after so many seconds for each place: sooner the nearer its turn is. */
const QUEUE_SECONDS = 15;
const QUEUE_MAX_SECONDS = 600;

export function planAgentRun(seen: Observed, now: Date, config: RunConfig): Plan {
  switch (seen.stage) {
    case 'gone':
      return settled('The run is gone');
    case 'finished':
      return settled('The run is finished');
    case 'elsewhere':
      return settled(`Phase ${seen.primary.status?.phase ?? ''} is not this reconciler's`);
    case 'deleting':
      return planDeletion(seen);
    case 'ended':
      return planEnded(seen);
    case 'cancelled':
      return planCancellation(seen, now);
    case 'starting':
      return planStart(seen, now, config);
    case 'executing':
      return planExecution(seen, now, config);
    case 'postRunning':
      return planPostRun(seen, now, config);
    case 'serving':
      return planServing(seen, now, config);
  }
}

/** An object of the run that the API server will never take fails the run, in the API server's words [RUN-W15] [RUN-017]. */
export function planRefusedAgentRun(seen: Observed, refusal: Refusal, now: Date, config: RunConfig): Plan | undefined {
  if (seen.stage === 'executing') return planRefusedExecution(seen, refusal, now, config);
  if (seen.stage === 'serving') return planRefusedServing(seen, refusal, now);
  const why = seen.stage === 'starting' ? refusedFailure(refusal) : undefined;
  if (why === undefined || seen.stage !== 'starting') return undefined;
  // What was granted before the refusal is taken back, so the resolution is stored with the failure.
  const resolution = buildOf(seen, config)?.resolution;
  const status = { ...seen.primary.status, ...(resolution !== undefined && { resolution }) };
  return planFailure(seen, status, why, now);
}

/** Nothing but the Job of its hooks can be refused to a run under way. */
function planRefusedExecution(
  seen: Executing,
  { action, message }: Refusal,
  now: Date,
  config: RunConfig,
): Plan | undefined {
  const verdict = judge(seen, now, config);
  const status = startedStatus(seen, now) ?? seen.primary.status ?? {};
  if (action.verb !== 'apply' || action.resource !== JOBS || verdict.kind === 'open') return undefined;
  return withoutHooks(seen, status, verdict, now, `their Job was refused: ${message}`);
}

function planStart(observed: Starting, now: Date, config: RunConfig): Plan {
  const seen = joined(observed);
  const { primary: run } = seen;
  const beginning = begin(seen, now, config);
  const claims = claim(run);
  switch (beginning.kind) {
    case 'wait':
      return { actions: claims, reason: beginning.why, requeueAfterSeconds: beginning.seconds };
    case 'failed': {
      const plan = planFailure(seen, run.status ?? {}, beginning.failure, now);
      return { ...plan, actions: [...claims, ...plan.actions] };
    }
    case 'queued':
      return planQueued(seen, beginning, now);
    case 'begin':
      return {
        actions: [...claim(run, now), ...beginning.actions],
        reason: 'The run begins',
        requeueAfterSeconds: POD_CHECK_SECONDS,
      };
  }
}

/** A run keeps the place that it had until another is told, so that waiting costs no writes. */
function planQueued(
  { primary: run }: Starting,
  { limit, place }: Extract<Beginning, { kind: 'queued' }>,
  now: Date,
): Plan {
  const status = queuedStatus(run, limit, place, now);
  return {
    actions: [...claim(run), ...(status === undefined ? [] : [applyStatus(status)])],
    reason: `The run waits for a slot; place ${place}`,
    requeueAfterSeconds: Math.min(place * QUEUE_SECONDS, QUEUE_MAX_SECONDS),
  };
}

function planFailure(
  { primary: run, queue, children }: Starting,
  before: AgentRunStatus,
  why: Failure,
  now: Date,
): Plan {
  const status = failedStatus(run, withDelegates(before, children), why, now);
  return failBegun(run, status, { queue, children }, why.message);
}

function planExecution(seen: Executing, now: Date, config: RunConfig): Plan {
  const { primary: run, job } = seen;
  const verdict = judge(seen, now, config);
  const started = startedStatus(seen, now);
  const status = withDelegates(started ?? withResolution(run.status, resolutionOf(run, job)), seen.children);
  const actions = [...claim(run), ...lateInput(seen)];
  if (verdict.kind === 'open') {
    const begun = started === undefined ? [] : [applyStatus(started)];
    return { actions: [...actions, ...begun], reason: verdict.why, requeueAfterSeconds: verdict.seconds };
  }
  const retry = planRetry(seen, status, verdict, now);
  if (retry !== undefined) return { ...retry, actions: [...actions, ...retry.actions] };
  if (hooksFollow(status)) {
    const begun = startPostRun(seen, status, verdict, now, config);
    return { ...begun, actions: [...actions, ...begun.actions] };
  }
  const succeeded = verdict.kind === 'succeeded';
  const next = succeeded
    ? succeededStatus(run, status, verdict.outcome, now)
    : failedStatus(run, status, verdict.failure, now);
  // What the agent wants remembered is stored before the outcome, or a cut pass would lose it.
  const remember = rememberActions(run, seen.log, seen.memoryFound);
  return {
    actions: [
      ...actions,
      ...remember,
      applyStatus(next),
      ...wrapUp(run, next, { job, queue: seen.queue, children: seen.children }),
    ],
    reason: succeeded ? 'The agent gave a result' : verdict.failure.message,
  };
}

/** What a run that ends before its pod was seen resolved to: its Job goes, and what was granted must still be taken back. */
function withResolution(status: AgentRunStatus = {}, resolution: Resolution | undefined): AgentRunStatus {
  return resolution === undefined ? status : { ...status, resolution };
}

/** A pass was cut between the Job and the input. */
function lateInput({ primary, job, inputFound }: Executing): Action[] {
  const resolution = resolutionOf(primary, job);
  return inputFound || resolution === undefined ? [] : [applyInput(primary, resolution)];
}

const applyStatus = (status: AgentRunStatus): Action => ({ verb: 'applyStatus', status });

/** The status Running, when a pod of the run's Job is there and it is not stored yet: its first, or that of a new attempt. */
function startedStatus({ primary: run, job, pod }: Executing, now: Date): AgentRunStatus | undefined {
  const { phase, podName } = run.status ?? {};
  const known = phase === AGENT_RUN_PHASES.running && podName !== undefined;
  if (known || job === undefined || pod === undefined) return undefined;
  const startedAt = startOf(run, job) ?? now;
  return runningStatus(run, { workload: job, pod, startedAt, resolution: resolutionOf(run, job) }, now);
}

/** A run that another controller ended, before this one was there, has been told and is only marked. */
function planEnded({ primary: run, strayRoles, ...remains }: Ending): Plan {
  if (!hasFinalizer(run.metadata.finalizers)) return { actions: [mark(run)], reason: 'The run ended before' };
  const actions = [...strayRevocations(strayRoles), ...wrapUp(run, run.status ?? {}, remains)];
  return { actions, reason: 'The outcome is stored; it remains to be told' };
}

/** The outcome is stored first, as ever, by a run that holds on until it is told; what it granted and made goes after it, as after a time-out. */
function planCancellation({ primary: run, strayRoles, ...remains }: Ending, now: Date): Plan {
  const before = withDelegates(withResolution(run.status, resolutionOf(run, remains.job)), remains.children);
  const status = failedStatus(run, before, CANCELLED, now);
  return {
    actions: [...claim(run), applyStatus(status), ...strayRevocations(strayRoles), ...wrapUp(run, status, remains)],
    reason: CANCELLED.message,
  };
}

function planDeletion(seen: Ending): Plan {
  const { primary: run, job, strayRoles } = seen;
  if (isTerminalPhase(run.status?.phase)) return planEnded(seen);
  const actions: Action[] = [
    ...(job === undefined ? [] : [deletion(job, 'Foreground')]),
    ...revocations(run, resolutionOf(run, job)),
    ...strayRevocations(strayRoles),
    ...wakesAtEnd(run, seen.queue),
    ...answerAsker(run, run.status ?? {}),
    { verb: 'publish', message: cancelledEvent(run) },
    mark(run),
  ];
  return { actions, reason: 'The run was deleted while under way' };
}
