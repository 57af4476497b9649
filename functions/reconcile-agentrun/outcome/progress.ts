import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import { ANNOTATIONS } from '../../../crds/labels.ts';
import type { Job } from '../../../shared/pods/job.ts';
import type { Pod, TerminatedState } from '../../../shared/pods/pod.ts';
import { parseGoDuration } from '../../../shared/runs/go-duration.ts';

/** What was resolved when the run started: from its status, or from its Job while the status is not written yet [RUN-W06]. */
export function resolutionOf(run: AgentRun, job: Job | undefined): Resolution | undefined {
  if (run.status?.resolution !== undefined) return run.status.resolution;
  const text = job?.metadata.annotations?.[ANNOTATIONS.resolution];
  // Written by this reconciler alone, on an object that the run owns.
  return text === undefined ? undefined : (JSON.parse(text) as Resolution);
}

/** The run's clock starts with its Job, as does the Job's own deadline, which so is always the later one [RUN-W28]. */
export function startOf(run: AgentRun, job: Job | undefined): Date | undefined {
  const time = run.status?.startedAt ?? job?.metadata.creationTimestamp;
  return time === undefined ? undefined : new Date(time);
}

/** Time-out of runs of the original, which stored none. */
const FALLBACK_SECONDS = 600;

/** When the run is to be over, or undefined before it began. */
export function deadlineOf(run: AgentRun, job: Job | undefined): Date | undefined {
  const start = startOf(run, job);
  if (start === undefined) return undefined;
  const seconds = parseGoDuration(resolutionOf(run, job)?.timeout ?? run.spec.timeout ?? '') ?? FALLBACK_SECONDS;
  return new Date(start.getTime() + seconds * 1000);
}

export function isOverdue(run: AgentRun, job: Job | undefined, now: Date): boolean {
  const deadline = deadlineOf(run, job);
  return deadline !== undefined && now > deadline;
}

/** How the agent's container ended, or undefined while it has not. */
export function agentEnd(pod: Pod | undefined): TerminatedState | undefined {
  return pod?.status?.containerStatuses?.find(({ name }) => name === 'agent')?.state?.terminated;
}
