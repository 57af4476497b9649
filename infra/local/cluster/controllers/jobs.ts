import type { KubeClient } from '../../../../shared/kube/client.ts';
import { JOBS, PODS, refOf } from '../../../../shared/kube/resources.ts';
import { isConflict, isNotFound } from '../../../../shared/kube/status-error.ts';
import type { Job, JobStatus, Pod } from '../client/core-types.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import {
  type Controller,
  type ControllerContext,
  createPod,
  isOwnedBy,
  keyOf,
  ownerKey,
  patchStatus,
  splitKey,
} from './controller.ts';
import {
  isJobFinished,
  type JobPlan,
  type JobPlanConfig,
  jobFinishedAt,
  planJob,
  TRACKING_FINALIZER,
} from './job-plan.ts';

const FIELD_MANAGER = 'job-controller';

/** Runs batch/v1 Jobs, and removes finished ones after `ttlSecondsAfterFinished`. */
export function startJobController(
  context: ControllerContext,
  config: JobPlanConfig = { podBackoffMs: 10_000 },
): Controller {
  const { client, informers, log } = context;
  const jobs = informers.of<Job>(JOBS);
  const pods = informers.of<Pod>(PODS);
  const queue = createWorkQueue({ name: 'job', reconcile, concurrency: 8, log });
  jobs.onChange(({ object }) => queue.add(keyOf(object)));
  pods.onChange(({ object }) => {
    const key = ownerKey(object, 'Job');
    if (key !== undefined) queue.add(key);
  });
  const podsOf = (job: Job): Pod[] => pods.list().filter((pod) => isOwnedBy(pod, job.metadata.uid));

  async function reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key);
    await Promise.all([jobs.synced, pods.synced]);
    const job = jobs.get(namespace, name);
    await releaseOrphans(namespace, name, job);
    if (
      job === undefined ||
      (job.spec.managedBy !== undefined && job.spec.managedBy !== 'kubernetes.io/job-controller')
    )
      return undefined;
    const refusal = isJobFinished(job) ? undefined : unsupported(job);
    if (refusal !== undefined) return refuse(client, job, refusal);
    let plan = planJob(job, podsOf(job), Date.now(), config);
    // The cache may lag behind this controller's own writes; before a pod is made or a verdict falls, look again.
    if (plan.create > 0 || plan.status?.conditions?.length !== job.status?.conditions?.length) {
      const fresh = await readLive(job);
      if (fresh === undefined) return undefined;
      plan = planJob(fresh.job, fresh.pods, Date.now(), config);
      await carryOut(client, fresh.job, plan);
    } else {
      await carryOut(client, job, plan);
    }
    return remaining(job, plan);
  }

  async function readLive(job: Job): Promise<{ job: Job; pods: Pod[] } | undefined> {
    const { namespace = '', name, uid } = job.metadata;
    const [live, listed] = await Promise.all([
      client.get<Job>(JOBS, { namespace, name }),
      client.list<Pod>(PODS, { namespace }),
    ]);
    if (live === undefined || live.metadata.uid !== uid) return undefined;
    return { job: live, pods: listed.items.filter((pod) => isOwnedBy(pod, uid)) };
  }

  /** Pods that outlive their Job must not be held back by its finalizer. */
  async function releaseOrphans(namespace: string, name: string, job: Job | undefined): Promise<void> {
    const orphans = pods
      .list()
      .filter((pod) => pod.metadata.namespace === namespace && ownerKey(pod, 'Job') === `${namespace}/${name}`);
    for (const pod of orphans) if (!isOwnedBy(pod, job?.metadata.uid)) await release(client, pod);
  }

  return { close: () => queue.close() };

  async function remaining(job: Job, plan: JobPlan): Promise<number | undefined> {
    const ttl = job.spec.ttlSecondsAfterFinished;
    const finished = jobFinishedAt(job);
    if (ttl === undefined || finished === undefined || job.metadata.deletionTimestamp !== undefined)
      return plan.requeueAfterMs;
    const left = finished + ttl * 1000 - Date.now();
    if (left > 0) return left;
    await client.remove(refOf(JOBS, job), { propagation: 'Foreground' });
    return undefined;
  }
}

async function carryOut(client: KubeClient, job: Job, plan: JobPlan): Promise<void> {
  // Status first: a pod may lose its finalizer only once the stored status knows it.
  if (plan.status !== undefined) await patchStatus(client, JOBS, job, clearing(plan.status, job.status), FIELD_MANAGER);
  for (const pod of plan.release) await release(client, pod);
  for (const pod of plan.remove) await client.remove(refOf(PODS, pod));
  const { uid = '', name } = job.metadata;
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  for (let made = 0; made < plan.create; made++) {
    await createPod(client, FIELD_MANAGER, {
      owner: { ...job, apiVersion: 'batch/v1', kind: 'Job' },
      template: job.spec.template,
      labels,
      finalizers: [TRACKING_FINALIZER],
    });
  }
}

/** A merge patch keeps what it does not name, so what went away is named as null. */
function clearing(status: JobStatus, stored: JobStatus = {}): Record<string, unknown> {
  const gone = Object.keys(stored).filter((key) => !(key in status));
  return {
    ...Object.fromEntries(gone.map((key) => [key, null])),
    ...status,
    uncountedTerminatedPods: { succeeded: null, failed: null, ...status.uncountedTerminatedPods },
  };
}

async function release(client: KubeClient, pod: Pod): Promise<void> {
  const finalizers = pod.metadata.finalizers?.filter((finalizer) => finalizer !== TRACKING_FINALIZER);
  if (finalizers === undefined || finalizers.length === pod.metadata.finalizers?.length) return;
  const { uid } = pod.metadata;
  const patch = { metadata: { uid, finalizers: finalizers.length === 0 ? null : finalizers } };
  await client.mergePatch(refOf(PODS, pod), patch, { fieldManager: FIELD_MANAGER }).catch((error: unknown) => {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  });
}

/** What this controller does not do, in words for the Job's condition. */
function unsupported({ spec }: Job): string | undefined {
  if (spec.podFailurePolicy !== undefined) return 'the embedded cluster does not support spec.podFailurePolicy';
  if (spec.successPolicy !== undefined) return 'the embedded cluster does not support spec.successPolicy';
  if (spec.completionMode === 'Indexed') return 'the embedded cluster does not support spec.completionMode Indexed';
  return undefined;
}

async function refuse(client: KubeClient, job: Job, message: string): Promise<undefined> {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const claim = (type: string) => ({
    type,
    status: 'True',
    reason: 'NotSupported',
    message,
    lastProbeTime: now,
    lastTransitionTime: now,
  });
  await patchStatus(
    client,
    JOBS,
    job,
    { startTime: now, conditions: [claim('FailureTarget'), claim('Failed')] },
    FIELD_MANAGER,
  );
}
