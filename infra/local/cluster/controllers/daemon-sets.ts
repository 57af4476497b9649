import type { KubeObject } from '../../../../shared/kube/objects.ts';
import { PODS, refOf } from '../../../../shared/kube/resources.ts';
import type { DaemonSet, Pod } from '../client/core-types.ts';
import { DAEMON_SETS, NODES } from '../client/resources.ts';
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
import { templateHash } from './deployments.ts';
import { isPodReady, livePods } from './replica-sets.ts';

const FIELD_MANAGER = 'daemonset-controller';
const HASH_LABEL = 'controller-revision-hash';

/** One pod of each DaemonSet on the node, when its node selector fits; an old template's pod is replaced. */
export function startDaemonSetController({ client, informers, log }: ControllerContext): Controller {
  const sets = informers.of<DaemonSet>(DAEMON_SETS);
  const pods = informers.of<Pod>(PODS);
  const nodes = informers.of<KubeObject>(NODES);
  const queue = createWorkQueue({ name: 'daemonset', reconcile, log });
  sets.onChange(({ object }) => queue.add(keyOf(object)));
  nodes.onChange(({ type }) => {
    if (type !== 'MODIFIED') for (const set of sets.list()) queue.add(keyOf(set));
  });
  pods.onChange(({ object }) => {
    const key = ownerKey(object, 'DaemonSet');
    if (key !== undefined) queue.add(key);
  });

  async function reconcile(key: string): Promise<undefined> {
    await Promise.all([sets.synced, pods.synced, nodes.synced]);
    const { namespace, name } = splitKey(key);
    const set = sets.get(namespace, name);
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const hash = templateHash(set.spec.template);
    const { items } = await client.list<Pod>(PODS, { namespace });
    const owned = items.filter((pod) => isOwnedBy(pod, set.metadata.uid));
    const wanted = nodes.list().filter((node) => fits(set, node));
    for (const pod of owned) if (isStale(pod, hash, wanted)) await client.remove(refOf(PODS, pod));
    const live = livePods(owned).filter((pod) => !isStale(pod, hash, wanted));
    for (const { metadata } of wanted) {
      // An old pod's ports and claims must be free before its successor starts.
      if (owned.some((pod) => pod.spec.nodeName === metadata.name)) continue;
      await createPod(client, FIELD_MANAGER, {
        owner: set,
        template: set.spec.template,
        labels: { [HASH_LABEL]: hash },
        spec: { nodeName: metadata.name },
      });
    }
    await report(set, wanted.length, live);
  }

  async function report(set: DaemonSet, wanted: number, live: Pod[]): Promise<void> {
    const ready = live.filter(isPodReady).length;
    const status = {
      desiredNumberScheduled: wanted,
      currentNumberScheduled: live.length,
      updatedNumberScheduled: live.length,
      numberMisscheduled: 0,
      numberReady: ready,
      numberAvailable: ready,
      numberUnavailable: Math.max(0, wanted - ready),
      observedGeneration: set.metadata.generation ?? 0,
    };
    if (Object.entries(status).every(([name, value]) => (set.status?.[name] ?? 0) === value)) return;
    await patchStatus(client, DAEMON_SETS, set, status, FIELD_MANAGER);
  }
  return { close: () => queue.close() };
}

function fits({ spec }: DaemonSet, node: KubeObject): boolean {
  return Object.entries(spec.template.spec.nodeSelector ?? {}).every(
    ([key, value]) => node.metadata.labels?.[key] === value,
  );
}

function isStale(pod: Pod, hash: string, wanted: KubeObject[]): boolean {
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const there = wanted.some(({ metadata }) => metadata.name === pod.spec.nodeName);
  return ended || pod.metadata.labels?.[HASH_LABEL] !== hash || !there;
}
