/** A pod's status from the state of its containers, as the kubelet of Kubernetes words it. Pure. */
import type {
  Condition,
  Container,
  ContainerStateStatus,
  ContainerStatus,
  Pod,
  PodStatus,
  TerminatedState,
} from '../client/core-types.ts';
import { type ContainerView, isSidecar } from './pod-actions.ts';
import { parseQuantity } from './quantity.ts';

/** A container with what its status tells beyond what decisions need. */
export interface ContainerRecord extends ContainerView {
  ready: boolean;
  containerID?: string;
  startedAt?: number;
  /** Why it waits, or why it ended. */
  reason?: string;
  message?: string;
  last?: TerminatedState;
}

export interface PodFacts {
  initialized: boolean;
  outcome?: 'Succeeded' | 'Failed';
  /** Why the pod as a whole ended: `Evicted`, `DeadlineExceeded`, … */
  reason?: string;
  message?: string;
  startTime: number;
  address: string;
  now: number;
}

const rfc3339 = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

export function podStatus(pod: Pod, records: ReadonlyMap<string, ContainerRecord>, facts: PodFacts): PodStatus {
  const { initContainers = [], containers } = pod.spec;
  const waiting = initContainers.length > 0 && !facts.initialized ? 'PodInitializing' : 'ContainerCreating';
  const phase = facts.outcome ?? phaseOf(containers, records, facts);
  const statusOf = (container: Container): ContainerStatus =>
    containerStatus(container, records.get(container.name), waiting);
  return {
    phase,
    conditions: conditions(pod, records, phase, facts),
    ...(facts.reason !== undefined && { reason: facts.reason }),
    ...(facts.message !== undefined && { message: facts.message }),
    hostIP: facts.address,
    hostIPs: [{ ip: facts.address }],
    podIP: facts.address,
    podIPs: [{ ip: facts.address }],
    startTime: rfc3339(facts.startTime),
    qosClass: qosClass(pod),
    ...(initContainers.length > 0 && { initContainerStatuses: initContainers.map(statusOf) }),
    containerStatuses: containers.map(statusOf),
  };
}

function phaseOf(
  containers: Container[],
  records: ReadonlyMap<string, ContainerRecord>,
  { initialized }: PodFacts,
): 'Pending' | 'Running' {
  const never = containers.some(({ name }) => {
    const record = records.get(name);
    return record === undefined || (record.state === 'waiting' && record.last === undefined);
  });
  return !initialized || never ? 'Pending' : 'Running';
}

function containerStatus(container: Container, record: ContainerRecord | undefined, waiting: string): ContainerStatus {
  const { name, image = '' } = container;
  return {
    name,
    image,
    imageID: record?.containerID === undefined ? '' : image,
    ...(record?.containerID !== undefined && { containerID: record.containerID }),
    ready: record?.ready === true,
    started: record?.state === 'running' && record.started,
    restartCount: record?.restartCount ?? 0,
    state: stateOf(record, waiting),
    lastState: record?.last === undefined ? {} : { terminated: record.last },
  };
}

function stateOf(record: ContainerRecord | undefined, waiting: string): ContainerStateStatus {
  if (record === undefined || record.state === 'waiting') {
    return {
      waiting: { reason: record?.reason ?? waiting, ...(record?.message !== undefined && { message: record.message }) },
    };
  }
  if (record.state === 'running') return { running: { startedAt: rfc3339(record.startedAt ?? 0) } };
  return { terminated: terminatedState(record) };
}

export function terminatedState(record: ContainerRecord): TerminatedState {
  const { exitCode = 0, reason, message, startedAt, finishedAt, containerID } = record;
  return {
    exitCode,
    reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
    ...(message !== undefined && message !== '' && { message }),
    ...(startedAt !== undefined && { startedAt: rfc3339(startedAt) }),
    ...(finishedAt !== undefined && { finishedAt: rfc3339(finishedAt) }),
    ...(containerID !== undefined && { containerID }),
  };
}

function conditions(
  pod: Pod,
  records: ReadonlyMap<string, ContainerRecord>,
  phase: string,
  facts: PodFacts,
): Condition[] {
  const { initContainers = [], containers } = pod.spec;
  const ended = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : undefined;
  const unready = [...initContainers.filter(isSidecar), ...containers]
    .map((c) => c.name)
    .filter((name) => records.get(name)?.ready !== true);
  const readiness: Omit<Condition, 'type'> =
    ended !== undefined
      ? { status: 'False', reason: ended }
      : unready.length > 0
        ? {
            status: 'False',
            reason: 'ContainersNotReady',
            message: `containers with unready status: [${unready.join(' ')}]`,
          }
        : { status: 'True' };
  const incomplete = initContainers.map((c) => c.name).filter((name) => records.get(name)?.ready !== true);
  const initialized: Omit<Condition, 'type'> =
    facts.initialized || phase === 'Succeeded'
      ? { status: 'True', ...(phase === 'Succeeded' && { reason: 'PodCompleted' }) }
      : {
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${incomplete.join(' ')}]`,
        };
  const claims: Condition[] = [
    { type: 'PodReadyToStartContainers', status: ended === undefined ? 'True' : 'False' },
    { type: 'Initialized', ...initialized },
    { type: 'Ready', ...readiness },
    { type: 'ContainersReady', ...readiness },
    { type: 'PodScheduled', status: 'True' },
  ];
  const current = pod.status?.conditions ?? [];
  const foreign = current.filter((condition) => !claims.some((claim) => claim.type === condition.type));
  return [...foreign, ...claims.map((claim) => stamped(claim, current, facts.now))];
}

/** `lastTransitionTime` moves only when the status does. */
function stamped(claim: Condition, current: Condition[], now: number): Condition {
  const previous = current.find((condition) => condition.type === claim.type);
  const since = previous?.status === claim.status ? previous.lastTransitionTime : undefined;
  return { ...claim, lastProbeTime: null, lastTransitionTime: since ?? rfc3339(now) };
}

/** Guaranteed: every container's requests equal its limits for CPU and memory; BestEffort: none has either. */
export function qosClass({ spec }: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  const amounts = all.map(({ resources }) => ({
    requests: resources?.requests ?? {},
    limits: resources?.limits ?? {},
  }));
  const any = amounts.some(({ requests, limits }) =>
    ['cpu', 'memory'].some((name) => requests[name] !== undefined || limits[name] !== undefined),
  );
  if (!any) return 'BestEffort';
  const equal = amounts.every(({ requests, limits }) =>
    ['cpu', 'memory'].every((name) => {
      const limit = parseQuantity(limits[name]);
      return limit !== undefined && parseQuantity(requests[name] ?? limits[name]) === limit;
    }),
  );
  return equal ? 'Guaranteed' : 'Burstable';
}
