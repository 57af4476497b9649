/**
 * What a Job wants next, from what is there now. Follows the rules of Kubernetes' own Job controller (batch/v1, 1.34):
 * pods carry the tracking finalizer, so that each is counted exactly once even when somebody deletes it.
 * Pure: the clock comes in as an argument, writes go out as data.
 */
import type { Condition, Job, JobStatus, Pod } from '../client/core-types.ts';

export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';

export interface JobPlan {
  /** The status to store; undefined when it is stored already. */
  status?: JobStatus;
  create: number;
  remove: Pod[];
  /** Pods whose tracking finalizer goes, because they are counted in the stored status. */
  release: Pod[];
  requeueAfterMs?: number;
}

export interface JobPlanConfig {
  /** Wait before a failed pod is replaced; doubles with each failure in a row. */
  podBackoffMs: number;
}

interface Verdict {
  type: 'SuccessCriteriaMet' | 'FailureTarget';
  reason: string;
  message: string;
}

interface Census {
  active: Pod[];
  terminating: Pod[];
  newSucceeded: Pod[];
  newFailed: Pod[];
}

const LONGEST_BACKOFF_MS = 600_000;

const isFinished = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(TRACKING_FINALIZER) === true;
const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true;
const has = (status: JobStatus, type: string): boolean =>
  status.conditions?.some((c) => c.type === type && c.status === 'True') === true;
const rfc3339 = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

export function isJobFinished(job: Job): boolean {
  return has(job.status ?? {}, 'Complete') || has(job.status ?? {}, 'Failed');
}

/** Milliseconds since the epoch at which the Job finished, or undefined. */
export function jobFinishedAt(job: Job): number | undefined {
  const condition = job.status?.conditions?.find(
    (c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True',
  );
  return condition?.lastTransitionTime === undefined ? undefined : Date.parse(condition.lastTransitionTime);
}

export function planJob(job: Job, pods: readonly Pod[], now: number, config: JobPlanConfig): JobPlan {
  const stored = job.status ?? {};
  if (job.metadata.deletionTimestamp !== undefined || isJobFinished(job)) {
    return { create: 0, remove: [], release: pods.filter(isTracked) };
  }
  const census = countPods(job, stored, pods);
  const { status, release } = settleCounts(stored, pods, census);
  const suspended = job.spec.suspend === true;
  if (status.startTime === undefined && !suspended) status.startTime = rfc3339(now);
  const counted = { succeeded: total(status, 'succeeded'), failed: total(status, 'failed') };
  const verdict = verdictOf(job, status, census, counted, now);
  const remove: Pod[] = [];
  let create = 0;
  let requeueAfterMs = deadlineIn(job, status, now);
  if (verdict !== undefined) {
    remove.push(...census.active);
    finish(status, verdict, census, now);
  } else if (suspended) {
    remove.push(...census.active);
    delete status.startTime;
    setCondition(status, { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }, now);
  } else {
    if (has(status, 'Suspended'))
      setCondition(status, { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }, now);
    const difference = wanted(job, counted.succeeded, census) - census.active.length;
    remove.push(...census.active.slice(0, Math.max(0, -difference)));
    const wait = difference > 0 ? backoffIn(pods, counted.failed, now, config) : 0;
    if (wait > 0) requeueAfterMs = Math.min(wait, requeueAfterMs ?? wait);
    else create = Math.max(0, difference);
  }
  status.active = census.active.length + create - remove.length;
  status.ready = census.active.filter((pod) => isReady(pod) && !remove.includes(pod)).length;
  status.terminating = census.terminating.length + remove.length;
  return {
    ...(!same(status, stored) && { status }),
    create,
    remove,
    release,
    ...(requeueAfterMs !== undefined && { requeueAfterMs }),
  };
}

function countPods(job: Job, stored: JobStatus, pods: readonly Pod[]): Census {
  const counted = new Set([
    ...(stored.uncountedTerminatedPods?.succeeded ?? []),
    ...(stored.uncountedTerminatedPods?.failed ?? []),
  ]);
  const onlyFailed = job.spec.podReplacementPolicy === 'Failed';
  const fresh = pods.filter((pod) => isTracked(pod) && !counted.has(pod.metadata.uid ?? ''));
  return {
    active: pods.filter((pod) => !isFinished(pod) && pod.metadata.deletionTimestamp === undefined),
    terminating: pods.filter((pod) => !isFinished(pod) && pod.metadata.deletionTimestamp !== undefined),
    newSucceeded: fresh.filter((pod) => pod.status?.phase === 'Succeeded'),
    newFailed: fresh.filter(
      (pod) =>
        pod.status?.phase === 'Failed' ||
        (!onlyFailed && pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded'),
    ),
  };
}

/**
 * The two-step count: a finished pod's UID is first stored as uncounted, then its finalizer goes, then it becomes part
 * of the number. Stopped anywhere in between, the next pass goes on without losing or doubling it.
 */
function settleCounts(stored: JobStatus, pods: readonly Pod[], census: Census): { status: JobStatus; release: Pod[] } {
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid ?? '', pod]));
  const status: JobStatus = structuredClone(stored);
  const release: Pod[] = [];
  const uncounted: { succeeded?: string[]; failed?: string[] } = {};
  for (const outcome of ['succeeded', 'failed'] as const) {
    const left: string[] = [];
    for (const uid of stored.uncountedTerminatedPods?.[outcome] ?? []) {
      const pod = byUid.get(uid);
      if (pod !== undefined && isTracked(pod)) {
        release.push(pod);
        left.push(uid);
      } else {
        status[outcome] = (status[outcome] ?? 0) + 1;
      }
    }
    for (const pod of outcome === 'succeeded' ? census.newSucceeded : census.newFailed)
      left.push(pod.metadata.uid ?? '');
    if (left.length > 0) uncounted[outcome] = left;
  }
  status.uncountedTerminatedPods = uncounted;
  return { status, release };
}

const total = (status: JobStatus, outcome: 'succeeded' | 'failed'): number =>
  (status[outcome] ?? 0) + (status.uncountedTerminatedPods?.[outcome]?.length ?? 0);

function verdictOf(
  job: Job,
  status: JobStatus,
  census: Census,
  counted: { succeeded: number; failed: number },
  now: number,
): Verdict | undefined {
  const target = status.conditions?.find(
    (c) => (c.type === 'FailureTarget' || c.type === 'SuccessCriteriaMet') && c.status === 'True',
  );
  if (target !== undefined) {
    // as: the filter above leaves no other type
    return { type: target.type as Verdict['type'], reason: target.reason ?? '', message: target.message ?? '' };
  }
  const failed = (reason: string, message: string): Verdict => ({ type: 'FailureTarget', reason, message });
  const { backoffLimit = 6, completions, template } = job.spec;
  const restarts = template.spec.restartPolicy === 'OnFailure' ? restartsOf(census.active) : 0;
  if (counted.failed > backoffLimit || (restarts > 0 && restarts >= backoffLimit)) {
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if ((deadlineIn(job, status, now) ?? 1) <= 0)
    return failed('DeadlineExceeded', 'Job was active longer than specified deadline');
  const complete =
    completions === undefined ? counted.succeeded > 0 && census.active.length === 0 : counted.succeeded >= completions;
  if (!complete) return undefined;
  return {
    type: 'SuccessCriteriaMet',
    reason: 'CompletionsReached',
    message: 'Reached expected number of succeeded pods',
  };
}

function restartsOf(pods: readonly Pod[]): number {
  const statuses = pods.flatMap((pod) => [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ]);
  return statuses.reduce((sum, container) => sum + container.restartCount, 0);
}

function deadlineIn(job: Job, status: JobStatus, now: number): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec;
  if (activeDeadlineSeconds === undefined || suspend === true || status.startTime === undefined) return undefined;
  return Date.parse(status.startTime) + activeDeadlineSeconds * 1000 - now;
}

/** The verdict shows at once; the final condition only when no pod is left running or uncounted. */
function finish(status: JobStatus, verdict: Verdict, census: Census, now: number): void {
  const { type, reason, message } = verdict;
  setCondition(status, { type, status: 'True', reason, message }, now);
  const waiting = census.active.length + census.terminating.length;
  const uncounted =
    (status.uncountedTerminatedPods?.succeeded?.length ?? 0) + (status.uncountedTerminatedPods?.failed?.length ?? 0);
  if (waiting > 0 || uncounted > 0) return;
  const final = type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed';
  setCondition(status, { type: final, status: 'True', reason, message }, now);
  if (final === 'Complete') status.completionTime = rfc3339(now);
}

function wanted(job: Job, succeeded: number, census: Census): number {
  const { parallelism = 1, completions, podReplacementPolicy } = job.spec;
  const inTheWay = podReplacementPolicy === 'Failed' ? census.terminating.length : 0;
  // A Job without completions is done with its first success: pods that are still working end by themselves.
  if (completions === undefined) return succeeded > 0 ? census.active.length : parallelism - inTheWay;
  return Math.max(0, Math.min(completions - succeeded, parallelism) - inTheWay);
}

function backoffIn(pods: readonly Pod[], failed: number, now: number, { podBackoffMs }: JobPlanConfig): number {
  if (failed === 0) return 0;
  const ends = pods.filter((pod) => pod.status?.phase === 'Failed').map(finishedAt);
  if (ends.length === 0) return 0;
  return Math.max(...ends) + Math.min(podBackoffMs * 2 ** (failed - 1), LONGEST_BACKOFF_MS) - now;
}

function finishedAt(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map((c) => Date.parse(c.state.terminated?.finishedAt ?? ''));
  const known = ends.filter((end) => !Number.isNaN(end));
  return known.length > 0 ? Math.max(...known) : Date.parse(pod.metadata.creationTimestamp ?? '') || 0;
}

function setCondition(status: JobStatus, claim: Condition, now: number): void {
  const conditions = status.conditions ?? [];
  const at = conditions.findIndex((c) => c.type === claim.type);
  const previous = conditions[at];
  if (previous?.status === claim.status) return;
  const next: Condition = { ...claim, lastProbeTime: rfc3339(now), lastTransitionTime: rfc3339(now) };
  status.conditions = at < 0 ? [...conditions, next] : conditions.with(at, next);
}

/** Equal after what the API server leaves out (zeros, empty lists) is taken away on both sides. */
function same(a: JobStatus, b: JobStatus): boolean {
  return JSON.stringify(normal(a)) === JSON.stringify(normal(b));
}

function normal(status: JobStatus): unknown {
  const uncounted = status.uncountedTerminatedPods ?? {};
  return [
    status.active ?? 0,
    status.ready ?? 0,
    status.terminating ?? 0,
    status.succeeded ?? 0,
    status.failed ?? 0,
    status.startTime,
    status.completionTime,
    uncounted.succeeded ?? [],
    uncounted.failed ?? [],
    (status.conditions ?? []).map((c) => [c.type, c.status]),
  ];
}
