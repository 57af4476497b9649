/**
 * AgentRun in task mode: Pending → Running → Succeeded or Failed. Decides from what is observed now, never from the event that
 * woke it. Pure: the clock comes in as an argument, writes and messages go out as data.
 */
import type { AgentRun } from '../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES, isTerminalPhase } from '../../crds/conditions.ts';
import { FINALIZERS } from '../../crds/labels.ts';
import type { Job } from '../../shared/pods/job.ts';
import { type Action, type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Refusal } from '../../shared/reconcile/reconciler.ts';
import type { RunConfig } from './config.ts';
import type { Failure } from './failure.ts';
import type { Executing, Observed, Starting } from './observed.ts';
import { resolutionOf, startOf } from './progress.ts';
import { refusedFailure } from './refusal.ts';
import { failedStatus, runningStatus, succeededStatus } from './run-status.ts';
import { hasFinalizer } from './stage.ts';
import { applyInput, begin, POD_CHECK_SECONDS } from './start.ts';
import { cancelledEvent, deletion, mark, wrapUp } from './terminal.ts';
import { judge } from './verdict.ts';

export function planAgentRun(seen: Observed, now: Date, config: RunConfig): Plan {
  switch (seen.stage) {
    case 'gone':
      return settled('The run is gone');
    case 'finished':
      return settled('The run is finished');
    case 'elsewhere':
      return settled(`Phase ${seen.primary.status?.phase ?? ''} is not this reconciler's`);
    case 'deleting':
      return planDeletion(seen.primary, seen.job);
    case 'ended':
      return planEnded(seen.primary, seen.job);
    case 'starting':
      return planStart(seen, now, config);
    case 'executing':
      return planExecution(seen, now, config);
  }
}

/** An object of the run that the API server will never take fails the run, in the API server's words [RUN-W15] [RUN-017]. */
export function planRefusedAgentRun(seen: Observed, refusal: Refusal, now: Date): Plan | undefined {
  const why = seen.stage === 'starting' ? refusedFailure(refusal) : undefined;
  return why === undefined || seen.primary === undefined ? undefined : planFailure(seen.primary, why, undefined, now);
}

function planStart(seen: Starting, now: Date, config: RunConfig): Plan {
  const { primary: run } = seen;
  const beginning = begin(seen, now, config);
  const claim = claimed(run);
  switch (beginning.kind) {
    case 'wait':
      return { actions: claim, reason: beginning.why, requeueAfterSeconds: beginning.seconds };
    case 'failed': {
      const plan = planFailure(run, beginning.failure, undefined, now);
      return { ...plan, actions: [...claim, ...plan.actions] };
    }
    case 'begin':
      return {
        actions: [...claim, ...beginning.actions],
        reason: 'The run begins',
        requeueAfterSeconds: POD_CHECK_SECONDS,
      };
  }
}

/** The finalizer comes before anything that it answers for [RUN-001]. */
function claimed({ metadata }: AgentRun): Action[] {
  const { finalizers } = metadata;
  if (hasFinalizer(finalizers)) return [];
  return [{ verb: 'patchMetadata', metadata: { finalizers: [...(finalizers ?? []), FINALIZERS.agentRun] } }];
}

function planFailure(run: AgentRun, why: Failure, job: Job | undefined, now: Date): Plan {
  const status = failedStatus(run, run.status ?? {}, why, now);
  return { actions: [{ verb: 'applyStatus', status }, ...wrapUp(run, status, job)], reason: why.message };
}

function planExecution(seen: Executing, now: Date, config: RunConfig): Plan {
  const { primary: run, job } = seen;
  const verdict = judge(seen, now, config);
  const started = startedStatus(seen, now);
  const status = started ?? run.status ?? {};
  const actions = [...claimed(run), ...lateInput(seen), ...(started === undefined ? [] : [applyStatus(started)])];
  switch (verdict.kind) {
    case 'open':
      return { actions, reason: verdict.why, requeueAfterSeconds: verdict.seconds };
    case 'succeeded': {
      const next = succeededStatus(run, status, verdict.outcome, now);
      return { actions: [...actions, applyStatus(next), ...wrapUp(run, next, job)], reason: 'The agent gave a result' };
    }
    case 'failed': {
      const next = failedStatus(run, status, verdict.failure, now);
      return { actions: [...actions, applyStatus(next), ...wrapUp(run, next, job)], reason: verdict.failure.message };
    }
  }
}

/** A pass was cut between the Job and the input. */
function lateInput({ primary, job, inputFound }: Executing): Action[] {
  const resolution = resolutionOf(primary, job);
  return inputFound || resolution === undefined ? [] : [applyInput(primary, resolution)];
}

const applyStatus = (status: AgentRunStatus): Action => ({ verb: 'applyStatus', status });

/** The status Running, when the first pod of a pending run's Job is there and it is not stored yet. */
function startedStatus({ primary: run, job, pod }: Executing, now: Date): AgentRunStatus | undefined {
  if (run.status?.phase === AGENT_RUN_PHASES.running || job === undefined || pod === undefined) return undefined;
  const startedAt = startOf(run, job) ?? now;
  return runningStatus(run, { jobName: job.metadata.name, pod, startedAt, resolution: resolutionOf(run, job) }, now);
}

/** A run that another controller ended, before this one was there, has been told and is only marked. */
function planEnded(run: AgentRun, job: Job | undefined): Plan {
  if (!hasFinalizer(run.metadata.finalizers)) return { actions: [mark(run)], reason: 'The run ended before' };
  return { actions: wrapUp(run, run.status ?? {}, job), reason: 'The outcome is stored; it remains to be told' };
}

function planDeletion(run: AgentRun, job: Job | undefined): Plan {
  if (isTerminalPhase(run.status?.phase)) return planEnded(run, job);
  const actions: Action[] = [
    ...(job === undefined ? [] : [deletion(job, 'Foreground')]),
    { verb: 'publish', message: cancelledEvent(run) },
    mark(run),
  ];
  return { actions, reason: 'The run was deleted while under way' };
}
