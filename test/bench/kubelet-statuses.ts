import type { Pod } from '../../shared/pods/pod.ts';

/** Statuses that a kubelet would report, cut to what the Job controller and a reconciler read. Pure. */

interface Specified extends Pod {
  spec: { containers: Named[]; initContainers?: (Named & { restartPolicy?: string })[] };
}
interface Named {
  name: string;
  image?: string;
}

export type BenchPod = Pod & Partial<Specified>;

export function runningStatus(pod: BenchPod, now: Date): object {
  const time = seconds(now);
  return {
    phase: 'Running',
    startTime: time,
    hostIP: '127.0.0.1',
    podIP: '127.0.0.1',
    podIPs: [{ ip: '127.0.0.1' }],
    conditions: conditions('True', time),
    ...statuses(pod, { running: { startedAt: time } }, true),
  };
}

export function succeededStatus(pod: BenchPod, startedAt: Date, now: Date): object {
  const [started, time] = [seconds(startedAt), seconds(now)];
  const terminated = { exitCode: 0, reason: 'Completed', startedAt: started, finishedAt: time };
  return {
    phase: 'Succeeded',
    conditions: conditions('False', time, 'PodCompleted'),
    ...statuses(pod, { terminated }, false),
  };
}

function statuses({ spec }: BenchPod, state: object, live: boolean): object {
  const one = ({ name, image = '' }: Named) => ({
    name,
    image,
    imageID: image,
    state,
    ready: live,
    started: live,
    restartCount: 0,
  });
  const sidecars = spec?.initContainers?.map(one) ?? [];
  return {
    containerStatuses: spec?.containers.map(one) ?? [],
    ...(sidecars.length > 0 && { initContainerStatuses: sidecars }),
  };
}

function conditions(ready: 'True' | 'False', time: string, reason?: string): object[] {
  const condition = (type: string, status: string) => ({
    type,
    status,
    lastTransitionTime: time,
    ...(status === 'False' && reason !== undefined && { reason }),
  });
  return [
    condition('PodScheduled', 'True'),
    condition('Initialized', 'True'),
    condition('ContainersReady', ready),
    condition('Ready', ready),
  ];
}

/** Kubernetes keeps whole seconds. */
const seconds = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');
