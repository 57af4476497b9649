import { PODS, refOf } from '../../../../shared/kube/resources.ts';
import type { Pod, ReplicaSet } from '../client/core-types.ts';
import { REPLICA_SETS } from '../client/resources.ts';
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

const FIELD_MANAGER = 'replicaset-controller';

export const isPodReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

/** Pods that count as replicas: neither ended nor on their way out. */
export function livePods(pods: readonly Pod[]): Pod[] {
  return pods.filter(
    ({ status, metadata }) =>
      status?.phase !== 'Succeeded' && status?.phase !== 'Failed' && metadata.deletionTimestamp === undefined,
  );
}

/** Which pods to delete when there are too many: first those that are not ready, then the youngest. */
export function surplus(pods: readonly Pod[], count: number): Pod[] {
  const rank = (pod: Pod): number => (isPodReady(pod) ? 1 : 0);
  const age = (pod: Pod): string => pod.metadata.creationTimestamp ?? '';
  return [...pods].sort((a, b) => rank(a) - rank(b) || age(b).localeCompare(age(a))).slice(0, Math.max(0, count));
}

/** Keeps the number of pods that each ReplicaSet asks for. */
export function startReplicaSetController({ client, informers, log }: ControllerContext): Controller {
  const sets = informers.of<ReplicaSet>(REPLICA_SETS);
  const pods = informers.of<Pod>(PODS);
  const queue = createWorkQueue({ name: 'replicaset', reconcile, log });
  sets.onChange(({ object }) => queue.add(keyOf(object)));
  pods.onChange(({ object }) => {
    const key = ownerKey(object, 'ReplicaSet');
    if (key !== undefined) queue.add(key);
  });

  async function reconcile(key: string): Promise<undefined> {
    await Promise.all([sets.synced, pods.synced]);
    const { namespace, name } = splitKey(key);
    const set = sets.get(namespace, name);
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const { uid } = set.metadata;
    const wanted = set.spec.replicas ?? 1;
    let live = livePods(pods.list().filter((pod) => isOwnedBy(pod, uid)));
    if (live.length !== wanted) {
      // The cache may lag behind this controller's own writes.
      const { items } = await client.list<Pod>(PODS, { namespace });
      live = livePods(items.filter((pod) => isOwnedBy(pod, uid)));
      for (let missing = wanted - live.length; missing > 0; missing--) {
        await createPod(client, FIELD_MANAGER, { owner: set, template: set.spec.template });
      }
      for (const pod of surplus(live, live.length - wanted)) await client.remove(refOf(PODS, pod));
    }
    await report(set, live);
  }

  async function report(set: ReplicaSet, live: Pod[]): Promise<void> {
    const ready = live.filter(isPodReady).length;
    const status = {
      replicas: live.length,
      fullyLabeledReplicas: live.length,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: set.metadata.generation ?? 0,
    };
    const { replicas = 0, readyReplicas = 0, observedGeneration = 0 } = set.status ?? { replicas: 0 };
    if (replicas === status.replicas && readyReplicas === ready && observedGeneration === status.observedGeneration)
      return;
    await patchStatus(client, REPLICA_SETS, set, status, FIELD_MANAGER);
  }
  return { close: () => queue.close() };
}
