import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KINDS } from '../../crds/group.ts';
import { createApplier, established, platformObjects } from '../../infra/local/content/apply.ts';
import { firstInstance } from '../../infra/local/content/objects.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { NAMESPACES } from '../../shared/kube/resources.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
import type { Figure } from './figure.ts';
import type { BenchOptions } from './options.ts';
import { NAMESPACE_PREFIX, type StandInKubelet } from './stand-in-kubelet.ts';

/** What a scenario works with. */
export interface Bench {
  options: BenchOptions;
  /** Scratch folder of this bench. */
  folder: string;
  tell: (message: string) => void;
}

/** A cluster to measure on, and its pods' kubelet where that is a stand-in. */
export interface Cluster {
  kubeconfig: string;
  kube: KubeClient;
  kubelet?: StandInKubelet;
}

export interface Scenario {
  name: string;
  measure(bench: Bench, cluster: Cluster): Promise<Figure[]>;
}

export const INSTANCE = 'default';
const DELETION_MS = 300_000;

/** Kinds and identities, as an installation has them. */
export async function install({ kube }: Cluster): Promise<void> {
  const { crds, identities } = await platformObjects();
  const apply = createApplier(kube, 'bench');
  await apply(crds);
  await established(kube, crds);
  await apply(identities);
}

/** Runs `work` beside a control plane of its own, whose state is new. */
export async function withControlPlane<T>(
  { folder, options, tell }: Bench,
  kubeconfigs: ControlPlaneOptions['kubeconfigs'],
  work: (plane: ControlPlane) => Promise<T>,
): Promise<T> {
  const own = await mkdtemp(join(folder, 'plane-'));
  const plane = await startControlPlane({ folder: own, kubeconfigs, tell, cpuProfiles: options.cpuProfiles });
  try {
    return await work(plane);
  } finally {
    await plane.stop();
  }
}

/** Runs `work` in a namespace of its own that holds an instance, and deletes it with all that is in it. */
export async function withNamespace<T>(
  { kube }: Cluster,
  purpose: string,
  work: (namespace: string) => Promise<T>,
): Promise<T> {
  const namespace = `${NAMESPACE_PREFIX}${purpose}-${Date.now().toString(36)}`;
  const apply = createApplier(kube, 'bench');
  await apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  const instance = firstInstance({ provider: 'scripted', model: 'scripted' });
  await apply(instance.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } })));
  try {
    return await work(namespace);
  } finally {
    await removeNamespace(kube, namespace);
  }
}

async function removeNamespace(kube: KubeClient, name: string): Promise<void> {
  // Runs first, while there is somebody to take their finalizers away.
  const { items } = await kube.list(KINDS.AgentRun, { namespace: name });
  for (const { metadata } of items.filter((run) => (run.metadata.finalizers ?? []).length > 0))
    await kube.remove({ resource: KINDS.AgentRun, namespace: name, name: metadata.name });
  // Of instances nothing outlasts their namespace, and the control plane that claimed them may have stopped.
  const instances = await kube.list(KINDS.SympoziumInstance, { namespace: name });
  for (const { metadata } of instances.items) {
    const at = { resource: KINDS.SympoziumInstance, namespace: name, name: metadata.name };
    await kube.mergePatch(at, { metadata: { finalizers: null } }, { fieldManager: 'bench' });
  }
  await kube.remove({ resource: NAMESPACES, name });
  const deadline = performance.now() + DELETION_MS;
  while ((await kube.get(NAMESPACES, { name })) !== undefined) {
    if (performance.now() > deadline) throw new Error(`Namespace ${name} is still there after ${DELETION_MS / 1000} s`);
    await sleep(250);
  }
}
