import type { AgentRun } from '../../../crds/agentrun.ts';
import { RUN_REASONS } from '../../../crds/conditions.ts';
import { jobEnd } from '../../../shared/pods/job.ts';
import type { Pod, TerminatedState } from '../../../shared/pods/pod.ts';
import type { RunConfig } from '../config.ts';
import { type Failure, failure, infrastructureFailure, JOB_NOT_FOUND, JOB_TAKEN } from '../failure.ts';
import { ownTimeout, preRunHooks, runningHook } from '../hooks/hooks.ts';
import type { Executing } from '../observed.ts';
import { busOutcome, logOutcome, type Outcome, rateLimitLine } from './outcome.ts';
import { failedPod, lostPod } from './pod-failure.ts';
import { agentEnd, deadlineOf, isOverdue, resolutionOf } from './progress.ts';
import { startFailure } from './start-failure.ts';

/** What a look at a run under way came to. `open`: no outcome yet; look again after so many seconds if nothing happens. */
export type Verdict =
  | { kind: 'succeeded'; outcome: Extract<Outcome, { status: 'success' }> }
  | { kind: 'failed'; failure: Failure }
  | { kind: 'open'; seconds: number; why: string };

/** How the agent ended. */
export type Ended = Exclude<Verdict, { kind: 'open' }>;

/** After the agent has ended, its bridge publishes what it finds; this long it may take (the bridge itself waits 2 s). */
const RESULT_GRACE_SECONDS = 5;
/** While the bus is away, a run that ended without a printed result waits for it. */
const BUS_RETRY_SECONDS = 10;
/** Covers events that a watch missed. */
const RECHECK_SECONDS = 60;

/**
 * The outcome of a run: what the agent reported decides, however container, Job or clock stand [RUN-073] [RUN-W03]; only then how
 * its container, its pod and its Job ended, then the time-out, then what keeps the pod from starting.
 */
export function judge(seen: Executing, now: Date, config: RunConfig): Verdict {
  const reported = outcomeOf(seen);
  if (reported?.status === 'success') return { kind: 'succeeded', outcome: reported };
  if (reported !== undefined) return failed(failure(RUN_REASONS.agentFailed, reported.error));
  const ended = endOf(seen, now);
  if (ended === undefined) return progress(seen, now, config);
  if (seen.bus.state === 'unavailable') {
    return { kind: 'open', seconds: BUS_RETRY_SECONDS, why: 'The run ended, and its result waits on the bus' };
  }
  return ended;
}

function outcomeOf({ bus, log }: Executing): Outcome | undefined {
  const published = bus.state === 'read' ? busOutcome(bus.payload) : undefined;
  return published ?? (log.state === 'read' ? logOutcome(log.text) : undefined);
}

const failed = (why: Failure): Verdict => ({ kind: 'failed', failure: why });

/** How the run ended without a report, or undefined while it goes on. */
function endOf(seen: Executing, now: Date): Verdict | undefined {
  const { primary, job, pod } = seen;
  if (isReplaced(primary, pod)) return failed(REPLACED);
  const lost = pod === undefined ? undefined : lostPod(pod);
  if (lost !== undefined) return failed(lost);
  const end = agentEnd(pod);
  if (end !== undefined) return afterAgent(seen, end, now);
  if (job === undefined) return failed(notFound(seen));
  const broken = pod === undefined ? undefined : failedPod(pod);
  if (broken !== undefined) return failed(broken);
  const jobEnded = jobEnd(job);
  // The Job's own deadline comes a minute after ours; it decides when nobody looked in between.
  const late = jobEnded?.reason === 'DeadlineExceeded' || isOverdue(primary, job, now);
  if (late) return failed(timeout(seen));
  if (jobEnded === undefined) return undefined;
  return failed(
    jobEnded.type === 'Complete'
      ? failure(
          RUN_REASONS.noResult,
          'agent ended without a result',
          'The pod of the run was removed before its result was read',
        )
      : infrastructureFailure(
          RUN_REASONS.jobNotFound,
          'Job failed',
          `The pod of the run was lost before there was a result: ${jobEnded.message || jobEnded.reason}`,
        ),
  );
}

const REPLACED = infrastructureFailure(
  RUN_REASONS.podFailed,
  'pod was replaced',
  'The pod of the Sandbox was lost, and another one was made: the run is ended, since its agent may have worked already',
);

function isReplaced({ status }: AgentRun, pod: Pod | undefined): boolean {
  const first = status?.resolution?.podUID;
  return first !== undefined && pod !== undefined && pod.metadata.uid !== first;
}

function notFound({ primary: { status }, jobTaken }: Executing): Failure {
  if (status?.sandboxName === undefined) return jobTaken ? JOB_TAKEN : JOB_NOT_FOUND;
  return failure(RUN_REASONS.jobNotFound, `sandbox CR "${status.sandboxName}" not found`);
}

function timeout({ primary, job, pod }: Executing): Failure {
  const until = deadlineOf(primary, job)?.toISOString() ?? '';
  const where = pod === undefined ? 'its pod was never created' : `its pod is ${pod.status?.phase ?? 'unknown'}`;
  return failure(RUN_REASONS.timeout, 'timeout', `The run was to end by ${until}; ${where}`);
}

/** The agent ended and no report is there: it may still be on its way, unless the whole pod has ended. */
function afterAgent({ pod, log }: Executing, end: TerminatedState, now: Date): Verdict {
  const age = (now.getTime() - Date.parse(end.finishedAt ?? '')) / 1000;
  if (!podEnded(pod) && age < RESULT_GRACE_SECONDS) {
    return {
      kind: 'open',
      seconds: Math.max(RESULT_GRACE_SECONDS - age, 0.1),
      why: 'The agent ended; its result is due',
    };
  }
  const limited = log.state === 'read' ? rateLimitLine(log.text) : undefined;
  if (limited !== undefined) return failed(failure(RUN_REASONS.agentFailed, limited));
  if (end.exitCode === 0) {
    return failed(failure(RUN_REASONS.noResult, 'agent ended without a result', 'The agent ended without a result'));
  }
  const how = `agent container exited with code ${end.exitCode}${end.reason ? ` (${end.reason})` : ''}`;
  return failed(failure(end.reason === 'OOMKilled' ? RUN_REASONS.outOfMemory : RUN_REASONS.podFailed, how));
}

function podEnded(pod: Pod | undefined): boolean {
  const phase = pod?.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Nothing has ended: something may keep the pod from starting, for longer than it may. */
function progress(seen: Executing, now: Date, config: RunConfig): Verdict {
  const { primary, job } = seen;
  const blocked = startFailure(seen, now, config.RUN_UNSCHEDULABLE_GRACE_SECONDS);
  if (blocked !== undefined && blocked.inSeconds <= 0) return failed(blocked.failure);
  const hook = runningHook(seen.pod, preRunHooks(resolutionOf(primary, job)), ownTimeout, now);
  if (hook !== undefined && hook.left <= 0) {
    const how = `preRun hook "${hook.hook.name}" took longer than its time-out of ${hook.hook.timeout}`;
    return failed(failure(RUN_REASONS.preRunFailed, how, `The agent never began: ${how}`));
  }
  const deadline = deadlineOf(primary, job);
  const left = deadline === undefined ? RECHECK_SECONDS : (deadline.getTime() - now.getTime()) / 1000 + 1;
  const seconds = Math.min(left, hookDue(seen, hook?.left), blocked?.inSeconds ?? RECHECK_SECONDS, RECHECK_SECONDS);
  return { kind: 'open', seconds, why: blocked?.failure.message ?? 'The agent is at work' };
}

/** A hook that has not been seen to run may begin at any moment, and then has its time-out from there. */
function hookDue({ primary, job, pod }: Executing, left: number | undefined): number {
  if (left !== undefined) return left;
  const begun = pod?.status?.containerStatuses?.some(({ state }) => state?.running !== undefined) ?? false;
  const timeouts = begun ? [] : preRunHooks(resolutionOf(primary, job)).flatMap((hook) => ownTimeout(hook) ?? []);
  return Math.min(RECHECK_SECONDS, ...timeouts);
}
