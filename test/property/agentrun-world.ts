import * as fc from 'fast-check';
import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { ANNOTATIONS, COMPONENTS, LABELS } from '../../crds/labels.ts';
import type { LifecycleHooks } from '../../crds/lifecycle.ts';
import { jobOfSandbox, type Sandbox } from '../../functions/reconcile-agentrun/pod/sandbox.ts';
import { isSandbox, resourceOf } from '../../functions/reconcile-agentrun/pod/workload.ts';
import { runSubject } from '../../shared/bus/subjects.ts';
import { rfc3339 } from '../../shared/kube/conditions.ts';
import { controllerReference, isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';
import { JOBS, PODS, type Resource, SANDBOXES, SECRETS } from '../../shared/kube/resources.ts';
import type { Job } from '../../shared/pods/job.ts';
import type { ContainerStatus, Pod, PodSpec } from '../../shared/pods/pod.ts';
import type { World } from './world/world.ts';

/** What can happen to a run besides its passes. */
export type RunMove =
  | { what: 'podCreated' | 'agentStarts' | 'podEnds' | 'podLost' | 'podEvicted' | 'jobDeadline' | 'jobRemoved' }
  | { what: 'hookPodCreated' | 'hookStarts' | 'hookJobRemoved' }
  | { what: 'hooksEnd'; exitCode: number }
  | { what: 'verdict'; text: string }
  | { what: 'runDeleted' | 'runCancelled' | 'busAway' | 'busBack' | 'imageMissing' | 'unschedulable' }
  | { what: 'agentEnds'; exitCode: number; said: 'bus' | 'log' | 'both' | 'nothing'; status: 'success' | 'error' }
  | { what: 'time'; seconds: number };

type PlainMove = Exclude<RunMove['what'], 'time' | 'agentEnds' | 'hooksEnd' | 'verdict'>;
const weighted = (weight: number, arbitrary: fc.Arbitrary<RunMove>) => ({ weight, arbitrary });
const plain = (what: PlainMove): fc.Arbitrary<RunMove> => fc.constant({ what });

const agentEnds = fc.record<Extract<RunMove, { what: 'agentEnds' }>>({
  what: fc.constant('agentEnds'),
  exitCode: fc.constantFrom(0, 0, 1, 137),
  said: fc.constantFrom('bus', 'log', 'both', 'nothing'),
  status: fc.constantFrom('success', 'success', 'error'),
});
const time = fc.record<Extract<RunMove, { what: 'time' }>>({
  what: fc.constant('time'),
  seconds: fc.constantFrom(1, 5, 40, 300, 1000),
});

const hooksEnd = fc.record<Extract<RunMove, { what: 'hooksEnd' }>>({
  what: fc.constant('hooksEnd'),
  exitCode: fc.constantFrom(0, 0, 1),
});
const verdict = fc.record<Extract<RunMove, { what: 'verdict' }>>({
  what: fc.constant('verdict'),
  text: fc.constantFrom('{"action":"approve"}', '{"action":"reject"}', '{"action":"rewrite","response":"Two."}', 'yes'),
});

/** What usually happens is usual; mishaps are rare. */
export const runMove: fc.Arbitrary<RunMove> = fc.oneof(
  weighted(4, plain('podCreated')),
  weighted(4, plain('agentStarts')),
  weighted(4, agentEnds),
  weighted(3, plain('podEnds')),
  weighted(3, time),
  weighted(3, plain('hookPodCreated')),
  weighted(3, plain('hookStarts')),
  weighted(3, hooksEnd),
  weighted(2, verdict),
  weighted(1, plain('hookJobRemoved')),
  weighted(1, plain('podLost')),
  weighted(1, plain('podEvicted')),
  weighted(1, plain('jobDeadline')),
  weighted(1, plain('jobRemoved')),
  weighted(1, plain('runDeleted')),
  weighted(1, plain('runCancelled')),
  weighted(1, plain('busAway')),
  weighted(1, plain('busBack')),
  weighted(1, plain('imageMissing')),
  weighted(1, plain('unschedulable')),
);

export const RUN_KEY = { namespace: 'team', name: 'run-1' };

/** Hooks before and after the agent, with rights; `gate` adds one that decides over the answer. */
export function hooks({ gate }: { gate?: LifecycleHooks['gateDefault'] } = {}): LifecycleHooks {
  const review = { name: 'review', image: 'gate:1', gate: true, timeout: '20m' };
  return {
    preRun: [{ name: 'clone', image: 'git:1', timeout: '5m' }],
    postRun: [{ name: 'notify', image: 'notify:1' }, ...(gate === undefined ? [] : [review])],
    rbac: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
    gateDefault: gate ?? 'block',
  };
}

/** An instance with a key, and a run of it. */
export function populateRun(
  { store }: World,
  lifecycle?: LifecycleHooks,
  retries = 0,
  agentSandbox?: { enabled: boolean },
): void {
  const metadata = (name: string) => ({ name, namespace: RUN_KEY.namespace });
  store.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: metadata('key') });
  store.create(KINDS.SympoziumInstance, {
    apiVersion: API_VERSION,
    kind: 'SympoziumInstance',
    metadata: metadata('inst'),
    spec: { agents: { default: { model: 'small' } }, ...(retries > 0 && { policyRef: 'patient' }) },
  } as KubeObject);
  store.create(KINDS.SympoziumPolicy, {
    apiVersion: API_VERSION,
    kind: 'SympoziumPolicy',
    metadata: metadata('patient'),
    spec: { retryPolicy: { infrastructureFailures: retries } },
  } as KubeObject);
  store.create(KINDS.AgentRun, {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: metadata(RUN_KEY.name),
    spec: {
      instanceRef: 'inst',
      agentId: 'primary',
      sessionKey: '',
      task: 'Count.',
      cleanup: 'delete',
      mode: 'task',
      model: { provider: 'openai', model: 'small', authSecretRef: 'key' },
      ...(lifecycle !== undefined && { lifecycle }),
      ...(agentSandbox !== undefined && { agentSandbox }),
    },
  } as KubeObject);
}

/** What a move finds: the run's Jobs and their pods, when there are any. */
interface Scene {
  world: World;
  job: Job | undefined;
  pod: Pod | undefined;
  hookJob: Job | undefined;
  hookPod: Pod | undefined;
}

export function playRunMove(world: World, move: RunMove): void {
  const { job, pod, ...hooks } = sceneOf(world);
  if (move.what === 'time') world.clock.advance(move.seconds);
  else if (move.what === 'agentEnds') {
    if (pod?.status?.phase === 'Running') endAgent(world, pod, move);
  } else if (move.what === 'hooksEnd') {
    if (hooks.hookPod?.status?.phase === 'Running') endPod(world, hooks.hookPod, hooks.hookJob, move.exitCode);
  } else if (move.what === 'verdict') giveVerdict(world, move.text);
  else MOVES[move.what]({ job, pod, ...hooks });
}

export function sceneOf(world: World): Scene {
  const of = <T>(resource: Resource, component: string) =>
    world.store.all(resource).findLast(({ object }) => object.metadata.labels?.[LABELS.component] === component)
      ?.object as T | undefined;
  const sandbox = of<Sandbox>(SANDBOXES, COMPONENTS.agentRun);
  const job = sandbox === undefined ? of<Job>(JOBS, COMPONENTS.agentRun) : jobOfSandbox(sandbox);
  const pod = of<Pod>(PODS, COMPONENTS.agentRun);
  // A run that began anew has another Job, whose pod is to come.
  const past = job !== undefined && pod !== undefined && !isControlledBy(pod, job);
  return {
    world,
    job,
    pod: past ? undefined : pod,
    hookJob: of<Job>(JOBS, COMPONENTS.postRun),
    hookPod: of<Pod>(PODS, COMPONENTS.postRun),
  };
}

export function giveVerdict({ store }: World, text: string): void {
  const run = store.get(KINDS.AgentRun, RUN_KEY.namespace, RUN_KEY.name);
  if (run === undefined) return;
  const annotations = { ...run.metadata.annotations, [ANNOTATIONS.gateVerdict]: text };
  store.update(KINDS.AgentRun, run, { ...run, metadata: { ...run.metadata, annotations } });
}

const MOVES: Record<PlainMove, (scene: Scene) => void> = {
  busAway: ({ world }) => world.bus.setAway(true),
  busBack: ({ world }) => world.bus.setAway(false),
  runDeleted: ({ world }) => {
    const run = runIn(world);
    if (run !== undefined) world.store.remove(KINDS.AgentRun, run);
  },
  runCancelled: ({ world }) => {
    const run = runIn(world);
    if (run === undefined) return;
    world.store.update(KINDS.AgentRun, run, { ...run, spec: { ...run.spec, cancel: true } } as KubeObject);
  },
  podCreated: ({ world, job, pod }) => {
    if (job !== undefined && pod === undefined && !ended(job)) createPod(world, job);
  },
  hookPodCreated: ({ world, hookJob, hookPod }) => {
    if (hookJob !== undefined && hookPod === undefined && !ended(hookJob)) createPod(world, hookJob);
  },
  hookStarts: ({ world, hookPod }) => {
    if (hookPod?.status?.phase === 'Pending') startPod(world, hookPod);
  },
  hookJobRemoved: ({ world, hookJob }) => {
    if (hookJob !== undefined) world.store.remove(JOBS, hookJob);
  },
  jobDeadline: ({ world, job, pod }) => {
    if (job !== undefined && !ended(job)) endJob(world, job, 'Failed', 'DeadlineExceeded', pod);
  },
  jobRemoved: ({ world, job }) => {
    if (job !== undefined) world.store.remove(resourceOf(job), job);
  },
  agentStarts: ({ world, pod }) => {
    if (pod?.status?.phase === 'Pending') startPod(world, pod);
  },
  podEnds: ({ world, pod, job }) => {
    if (pod?.status?.phase === 'Running') endPod(world, pod, job);
  },
  podLost: ({ world, pod, job }) => {
    if (pod === undefined) return;
    world.store.remove(PODS, pod);
    if (job !== undefined && !ended(job)) endJob(world, job, 'Failed', 'BackoffLimitExceeded');
  },
  podEvicted: ({ world, pod, job }) => {
    if (pod === undefined || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return;
    setPod(world, pod, { phase: 'Failed', reason: 'Evicted', message: 'low on memory' });
    if (job !== undefined && !ended(job)) endJob(world, job, 'Failed', 'BackoffLimitExceeded');
  },
  imageMissing: ({ world, pod }) => {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image' };
    const containerStatuses = [{ name: 'agent', state: { waiting } }];
    if (pod?.status?.phase === 'Pending') setPod(world, pod, { containerStatuses });
  },
  unschedulable: ({ world, pod }) => {
    const lastTransitionTime = rfc3339(world.clock.now());
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastTransitionTime };
    if (pod?.status?.phase === 'Pending') setPod(world, pod, { conditions: [condition] });
  },
};

const ended = (job: Job): boolean => (job.status?.conditions ?? []).length > 0;

/** A Sandbox's pod has its name, also when it is made again. */
export function createPod({ store, logs }: World, job: Job): void {
  const name = isSandbox(job) ? job.metadata.name : `${job.metadata.name}-x1y2z`;
  logs.delete(`${name}/agent`);
  store.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: job.metadata.namespace ?? '',
      labels: { ...job.spec.template.metadata.labels },
      ownerReferences: [controllerReference(job)],
    },
    spec: { ...job.spec.template.spec },
    status: { phase: 'Pending' },
  } as KubeObject);
}

export function startPod(world: World, pod: Pod): void {
  const running = { startedAt: rfc3339(world.clock.now()) };
  const statuses = (containers: readonly { name: string }[] = []) =>
    containers.map(({ name }) => ({ name, state: { running } }));
  // Hooks of one pod run at once here; what counts is that they run.
  const hooked = pod.metadata.labels?.[LABELS.component] === COMPONENTS.postRun;
  const initContainerStatuses = hooked ? statuses((pod.spec as PodSpec | undefined)?.initContainers) : [];
  const containerStatuses = statuses(pod.spec?.containers);
  setPod(world, pod, { phase: 'Running', conditions: [], initContainerStatuses, containerStatuses });
}

function setPod({ store }: World, pod: Pod, status: NonNullable<Pod['status']>): void {
  const current = store.get(PODS, pod.metadata.namespace, pod.metadata.name) as Pod | undefined;
  if (current === undefined) return;
  store.update(PODS, current, { ...current, status: { ...current.status, ...status } } as KubeObject);
}

function endAgent(world: World, pod: Pod, { exitCode, said, status }: Extract<RunMove, { what: 'agentEnds' }>): void {
  const already = pod.status?.containerStatuses?.find(({ name }) => name === 'agent')?.state?.terminated;
  if (already !== undefined) return;
  const result =
    status === 'success'
      ? { status, response: 'Three.', metrics: { durationMs: 5, inputTokens: 1, outputTokens: 2, toolCalls: 0 } }
      : { status, error: 'no answer from the model' };
  if (said === 'bus' || said === 'both') publishResult(world, result);
  const printed =
    said === 'log' || said === 'both' ? `__SYMPOZIUM_RESULT__${JSON.stringify(result)}__SYMPOZIUM_END__` : '';
  endContainer(world, pod, 'agent', exitCode, `starting\n${printed}\n`);
}

export function publishResult({ store, bus }: World, data: unknown): void {
  const run = store.get(KINDS.AgentRun, RUN_KEY.namespace, RUN_KEY.name);
  if (run === undefined) return;
  const subject = `${runSubject({ ...RUN_KEY, uid: run.metadata.uid ?? '' })}.completed`;
  bus.put(subject, { topic: 'agent.run.completed', timestamp: '', metadata: {}, data });
}

export function endContainer(
  world: World,
  pod: Pod,
  name: string,
  exitCode: number,
  log: string,
  reason?: string,
): void {
  const finishedAt = rfc3339(world.clock.now());
  const terminated = { exitCode, finishedAt, reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error') };
  const statuses = (pod.status?.containerStatuses ?? []).map(
    (one): ContainerStatus => (one.name === name ? { name, state: { terminated } } : one),
  );
  world.logs.set(`${pod.metadata.name}/${name}`, () => log);
  setPod(world, pod, { containerStatuses: statuses });
}

/** The remaining containers end as well, with `exitCode`, and the Job with them. */
export function endPod(world: World, pod: Pod, job: Job | undefined, exitCode = 0): void {
  const finishedAt = rfc3339(world.clock.now());
  const terminated = (statuses: readonly ContainerStatus[] = []) =>
    statuses.map(
      (one): ContainerStatus =>
        one.state?.terminated === undefined ? { name: one.name, state: { terminated: { exitCode, finishedAt } } } : one,
    );
  const containerStatuses = terminated(pod.status?.containerStatuses);
  const initContainerStatuses = terminated(pod.status?.initContainerStatuses);
  const failed = containerStatuses.some(({ state }) => state?.terminated?.exitCode !== 0);
  setPod(world, pod, { phase: failed ? 'Failed' : 'Succeeded', initContainerStatuses, containerStatuses });
  if (job !== undefined && !ended(job)) {
    endJob(world, job, failed ? 'Failed' : 'Complete', failed ? 'BackoffLimitExceeded' : 'CompletionsReached');
  }
}

/** `lost` is the pod that the Job controller removes with it. */
function endJob(world: World, job: Job, type: 'Complete' | 'Failed', reason: string, lost?: Pod): void {
  // A Sandbox does not say how its pod ended.
  if (isSandbox(job)) return;
  const status = { conditions: [{ type, status: 'True', reason }], [type === 'Complete' ? 'succeeded' : 'failed']: 1 };
  world.store.update(JOBS, job, { ...job, status } as KubeObject);
  if (lost !== undefined) world.store.remove(PODS, lost);
}

export function runIn({ store }: World): AgentRun | undefined {
  return store.get(KINDS.AgentRun, RUN_KEY.namespace, RUN_KEY.name) as AgentRun | undefined;
}
