/** A run whose pod was lost to the infrastructure begins anew, where its policy says so, with a Job like the one that it had. */
import type { AgentRun } from '../../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES } from '../../../crds/conditions.ts';
import { controllerReference } from '../../../shared/kube/objects.ts';
import { JOBS } from '../../../shared/kube/resources.ts';
import type { Job } from '../../../shared/pods/job.ts';
import type { Action, Plan } from '../../../shared/reconcile/plan.ts';
import { retryJobNameOf } from '../names.ts';
import type { Executing } from '../observed.ts';
import type { Ended } from '../outcome/verdict.ts';
import { isSandbox } from '../pod/workload.ts';
import { retriedStatus } from '../run-status.ts';
import { POD_CHECK_SECONDS } from '../start/start.ts';

/** Labels that the API server gives the pods of one Job, and no other may have. */
const OF_ONE_JOB = /(^|\/)(controller-uid|job-name)$/;

/**
 * The plan of the next attempt; undefined when there is none: the agent reported, or what failed is of the run's own making, or all
 * attempts are used up. The Job comes before the status that counts it: its name is of the attempt, so a cut pass finds it. The Job
 * before it makes no more pods, and goes five minutes after its end like any other.
 */
export function planRetry(
  { primary: run, job }: Executing,
  status: AgentRunStatus,
  ended: Ended,
  now: Date,
): Plan | undefined {
  const { retries = 0, attempt = 0 } = status.resolution ?? {};
  if (ended.kind !== 'failed' || ended.failure.infrastructure !== true) return undefined;
  // A Sandbox cannot be given up for another one and surely make no more pods.
  if (job === undefined || isSandbox(job) || attempt >= retries || status.phase !== AGENT_RUN_PHASES.running)
    return undefined;
  const next = retryJob(run, job, attempt + 1);
  const message = `${ended.failure.message}; the run begins anew, ${attempt + 1} of ${retries}`;
  const actions: Action[] = [
    { verb: 'create', resource: JOBS, object: next },
    { verb: 'applyStatus', status: retriedStatus(run, status, { jobName: next.metadata.name, message }, now) },
  ];
  return { actions, reason: message, requeueAfterSeconds: POD_CHECK_SECONDS };
}

function retryJob(run: AgentRun, { apiVersion, kind, metadata, spec }: Job, attempt: number): Job {
  const { namespace = '', labels = {}, annotations = {} } = metadata;
  const { backoffLimit, ttlSecondsAfterFinished, activeDeadlineSeconds, template } = spec;
  const own = Object.entries(template.metadata.labels ?? {}).filter(([name]) => !OF_ONE_JOB.test(name));
  return {
    apiVersion,
    kind,
    metadata: {
      name: retryJobNameOf(run.metadata.name, attempt),
      namespace,
      labels,
      annotations,
      ownerReferences: [controllerReference(run)],
    },
    spec: {
      backoffLimit,
      ttlSecondsAfterFinished,
      activeDeadlineSeconds,
      template: { metadata: { labels: Object.fromEntries(own) }, spec: template.spec },
    },
  };
}
