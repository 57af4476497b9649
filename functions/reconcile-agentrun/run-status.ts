import type { AgentRun } from '../../crds/agentrun.ts';
import type { AgentRunStatus, Limit, Resolution } from '../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES, CONDITIONS, POST_RUN_JOB_FAILED, RUN_REASONS } from '../../crds/conditions.ts';
import { ANNOTATIONS } from '../../crds/labels.ts';
import { cutBytes } from '../../shared/bytes.ts';
import { rfc3339, withCondition } from '../../shared/kube/conditions.ts';
import type { Job } from '../../shared/pods/job.ts';
import type { Pod } from '../../shared/pods/pod.ts';
import type { Failure } from './failure.ts';
import { isGated } from './hooks/hooks.ts';
import { ERROR_MAX, RESULT_MAX } from './limits.ts';
import { postRunJobNameOf, serverNameOf } from './names.ts';
import type { Outcome } from './outcome/outcome.ts';
import type { Ended } from './outcome/verdict.ts';
import { isSandbox, namedAs } from './pod/workload.ts';
import { withoutSecrets } from './skills/skill-secrets.ts';

type Claim = { status: 'True' | 'False' | 'Unknown'; reason: string; message: string };

/**
 * Each function gives the whole status, since server-side apply takes away what this manager leaves out.
 * `status` is what is stored, or planned just before.
 */
function withClaim(run: AgentRun, status: AgentRunStatus, claim: Claim, now: Date): AgentRunStatus {
  const { generation } = run.metadata;
  const succeeded = { type: CONDITIONS.succeeded, ...claim };
  return {
    ...status,
    ...(generation !== undefined && { observedGeneration: generation }),
    conditions: withCondition(status.conditions, succeeded, { generation, now }),
  };
}

/** Pending, with what it waits for; undefined when that is stored already. */
export function queuedStatus(
  run: AgentRun,
  { max, subAgents, by }: Limit,
  place: number,
  now: Date,
): AgentRunStatus | undefined {
  const what = subAgents ? 'started by other runs ' : '';
  const lets = `${by} lets ${max} ${max === 1 ? 'run' : 'runs'} ${what}of SympoziumInstance "${run.spec.instanceRef}"`;
  const message = `The run waits for a free slot: ${lets} be at work at a time; it is number ${place} in line`;
  const before = run.status?.conditions?.find(({ type }) => type === CONDITIONS.succeeded);
  if (before?.message === message) return undefined;
  const status = { ...run.status, phase: AGENT_RUN_PHASES.pending };
  return withClaim(run, status, { status: 'Unknown', reason: RUN_REASONS.waitingForSlot, message }, now);
}

export interface Start {
  workload: Job;
  pod: Pod;
  startedAt: Date;
  resolution: Resolution | undefined;
}

/** Running: the Job's pod was seen. */
export function runningStatus(
  run: AgentRun,
  { workload, pod, startedAt, resolution }: Start,
  now: Date,
): AgentRunStatus {
  const traceID = traceIdOf(run);
  const without = resolution === undefined ? '' : withoutSecrets(resolution);
  const status: AgentRunStatus = {
    ...run.status,
    phase: AGENT_RUN_PHASES.running,
    ...namedAs(workload),
    podName: pod.metadata.name,
    startedAt: rfc3339(startedAt),
    ...(resolution !== undefined && { resolution: withPod(resolution, workload, pod) }),
    ...(traceID !== undefined && { traceID }),
  };
  return withClaim(
    run,
    status,
    {
      status: 'Unknown',
      reason: RUN_REASONS.running,
      message: without === '' ? 'The agent is at work' : `The agent is at work, but ${without}`,
    },
    now,
  );
}

/** Serving: what serves was made. `reason` and `message` say whether it takes requests. */
export function servingStatus(
  run: AgentRun,
  status: AgentRunStatus,
  claim: Pick<Claim, 'reason' | 'message'>,
  now: Date,
): AgentRunStatus {
  const traceID = traceIdOf(run);
  const name = serverNameOf(run.metadata.name);
  const next: AgentRunStatus = {
    ...status,
    phase: AGENT_RUN_PHASES.serving,
    deploymentName: name,
    serviceName: name,
    startedAt: status.startedAt ?? rfc3339(now),
    ...(traceID !== undefined && { traceID }),
  };
  return withClaim(run, next, { status: 'Unknown', ...claim }, now);
}

/** A Sandbox makes its pod anew when it is lost, under the same name: another one is not the run's. */
function withPod(resolution: Resolution, workload: Job, { metadata: { uid } }: Pod): Resolution {
  return isSandbox(workload) && uid !== undefined ? { ...resolution, podUID: uid } : resolution;
}

/** The trace that the run's pod joins: that of the run's creator. */
function traceIdOf({ metadata }: AgentRun): string | undefined {
  return /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-/.exec(metadata.annotations?.[ANNOTATIONS.traceparent] ?? '')?.[1];
}

export function succeededStatus(
  run: AgentRun,
  status: AgentRunStatus,
  { response, usage }: Omit<Extract<Outcome, { status: 'success' }>, 'status'>,
  now: Date,
  { reason, message }: Pick<Claim, 'reason' | 'message'> = GOOD,
): AgentRunStatus {
  const { text, cut } = cutBytes(response, RESULT_MAX);
  const next: AgentRunStatus = {
    ...status,
    phase: AGENT_RUN_PHASES.succeeded,
    result: text,
    completedAt: rfc3339(now),
    ...(cut && { resultTruncated: true }),
    ...(usage !== undefined && { tokenUsage: usage }),
  };
  return withClaim(run, next, { status: 'True', reason, message }, now);
}

const GOOD = { reason: RUN_REASONS.succeeded, message: 'The agent gave a result' };

/** Running still, in another pod, which is not seen yet. */
export function retriedStatus(
  run: AgentRun,
  { podName: _, ...status }: AgentRunStatus,
  { jobName, message }: { jobName: string; message: string },
  now: Date,
): AgentRunStatus {
  const { resolution } = status;
  const next: AgentRunStatus = {
    ...status,
    jobName,
    ...(resolution !== undefined && { resolution: { ...resolution, attempt: (resolution.attempt ?? 0) + 1 } }),
  };
  return withClaim(run, next, { status: 'Unknown', reason: RUN_REASONS.running, message }, now);
}

/** PostRunning: how the agent ended is stored, an answer under a gate elsewhere [RUN-W13]. */
export function postRunningStatus(run: AgentRun, status: AgentRunStatus, ended: Ended, now: Date): AgentRunStatus {
  const { resolution } = status;
  const { reason, message } = ended.kind === 'succeeded' ? GOOD : ended.failure;
  const next: AgentRunStatus = {
    ...status,
    ...outcomeFields(ended, isGated(resolution)),
    phase: AGENT_RUN_PHASES.postRunning,
    postRunJobName: postRunJobNameOf(run.metadata.name),
    ...(resolution !== undefined && {
      resolution: { ...resolution, postRun: { startedAt: rfc3339(now), reason, message } },
    }),
  };
  const claim = { reason: RUN_REASONS.postRunning, message: 'The agent is done; its postRun hooks are at work' };
  return withClaim(run, next, { status: 'Unknown', ...claim }, now);
}

function outcomeFields(ended: Ended, gated: boolean): AgentRunStatus {
  if (ended.kind === 'failed') return { exitCode: 1, error: cutBytes(ended.failure.error, ERROR_MAX).text };
  const { response, usage } = ended.outcome;
  const { text, cut } = cutBytes(response, RESULT_MAX);
  return {
    exitCode: 0,
    ...(!gated && { result: text }),
    ...(cut && { resultTruncated: true }),
    ...(usage !== undefined && { tokenUsage: usage }),
  };
}

/** Says once that hooks failed, and how; the run's own outcome stands [RUN-W41]. */
export function hooksFailedStatus(
  run: AgentRun,
  status: AgentRunStatus,
  why: string | undefined,
  now: Date,
): AgentRunStatus {
  if (why === undefined) return status;
  const message = `One or more postRun lifecycle hooks failed: ${why}`;
  const claim = { type: CONDITIONS.postRunFailed, status: 'True', reason: POST_RUN_JOB_FAILED, message } as const;
  const { generation } = run.metadata;
  return { ...status, conditions: withCondition(status.conditions, claim, { generation, now }) };
}

export function failedStatus(
  run: AgentRun,
  status: AgentRunStatus,
  why: Pick<Failure, 'error' | 'message'> & { reason: string },
  now: Date,
): AgentRunStatus {
  const next: AgentRunStatus = {
    ...status,
    phase: AGENT_RUN_PHASES.failed,
    error: cutBytes(why.error, ERROR_MAX).text,
    completedAt: rfc3339(now),
  };
  return withClaim(run, next, { status: 'False', reason: why.reason, message: why.message }, now);
}
