import { RUN_REASONS } from '../../../crds/conditions.ts';
import type { Job } from '../../../shared/pods/job.ts';
import type { ContainerStatus, Pod } from '../../../shared/pods/pod.ts';
import { type Failure, failure } from '../failure.ts';
import type { Executing } from '../observed.ts';

/** What keeps a pod from starting, and in how many seconds it counts as the end of the run; 0 or less is now [RUN-W33]. */
export interface Blocked {
  failure: Failure;
  inSeconds: number;
}

/** A registry may be away for a moment, and an image may be pushed at the same time as the run. */
const PULL_GRACE_SECONDS = 30;
/** Applied together, a Secret or ConfigMap comes moments after the run. */
const CONFIG_GRACE_SECONDS = 10;
/** Other runs may free the quota; admission webhooks may be away. */
const CREATE_GRACE_SECONDS = 60;

export function startFailure(
  { job, pod, createFailures }: Pick<Executing, 'job' | 'pod' | 'createFailures'>,
  now: Date,
  nodeGrace: number,
): Blocked | undefined {
  if (pod === undefined) return job === undefined ? undefined : notCreated(job, createFailures, now);
  return waiting(pod, now) ?? unschedulable(pod, now, nodeGrace);
}

function waiting(pod: Pod, now: Date): Blocked | undefined {
  const age = secondsSince(pod.metadata.creationTimestamp, now);
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  for (const container of [...initContainerStatuses, ...containerStatuses]) {
    const blocked = containerFailure(container, age);
    if (blocked !== undefined) return blocked;
  }
  return undefined;
}

/** What a registry says when trying again cannot help. */
const NO_SUCH_IMAGE = /not found|manifest unknown|does not exist|no such image|denied|unauthorized|invalid reference/i;

function containerFailure({ name, state }: ContainerStatus, age: number): Blocked | undefined {
  const { reason = '', message = '' } = state?.waiting ?? {};
  const words = message === '' ? reason : message;
  switch (reason) {
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
      return { failure: noImage(name, words), inSeconds: 0 };
    case 'ImagePullBackOff':
    case 'ErrImagePull':
      return { failure: noImage(name, words), inSeconds: NO_SUCH_IMAGE.test(message) ? 0 : PULL_GRACE_SECONDS - age };
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return { failure: badConfig(name, words), inSeconds: CONFIG_GRACE_SECONDS - age };
    default:
      return undefined;
  }
}

const noImage = (container: string, words: string): Failure =>
  failure(RUN_REASONS.imagePullFailed, `image of container ${container} cannot be pulled: ${words}`);

function badConfig(container: string, words: string): Failure {
  const secret = /secret "([^"]+)" not found/.exec(words)?.[1];
  if (secret !== undefined) return failure(RUN_REASONS.secretNotFound, `Secret "${secret}" not found`);
  return failure(RUN_REASONS.containerConfigError, `container ${container} cannot be created: ${words}`);
}

function unschedulable(pod: Pod, now: Date, grace: number): Blocked | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (condition?.status !== 'False' || condition.reason !== 'Unschedulable') return undefined;
  const since = secondsSince(condition.lastTransitionTime ?? pod.metadata.creationTimestamp, now);
  const error = `no node takes the pod: ${condition.message ?? 'Unschedulable'}`;
  return { failure: failure(RUN_REASONS.unschedulable, error), inSeconds: grace - since };
}

function notCreated(job: Job, messages: readonly string[], now: Date): Blocked {
  const age = secondsSince(job.metadata.creationTimestamp, now);
  const quota = messages.find((message) => message.includes('exceeded quota'));
  const message = quota ?? messages.at(-1);
  if (message === undefined) {
    // The time-out ends it; until then, look again soon, since no event tells of a pod that is not made.
    return {
      failure: failure(RUN_REASONS.podFailed, 'pod not created', 'The pod is being created'),
      inSeconds: age < 60 ? 10 : 30,
    };
  }
  const reason = quota === undefined ? RUN_REASONS.podFailed : RUN_REASONS.quotaExceeded;
  return { failure: failure(reason, `pod cannot be created: ${message}`), inSeconds: CREATE_GRACE_SECONDS - age };
}

function secondsSince(time: string | undefined, now: Date): number {
  const from = Date.parse(time ?? '');
  return Number.isNaN(from) ? Number.POSITIVE_INFINITY : (now.getTime() - from) / 1000;
}
