/**
 * Owner garbage collection: dependents of a deleted owner go in the background; in the foreground the owner waits for
 * those that block it; with orphan they stay and lose their references. An owner counts as gone only when the API server
 * says so for that very UID.
 */
import type { KubeObject, OwnerReference } from '../../../../shared/kube/objects.ts';
import { type ObjectRef, pathOf, type Resource } from '../../../../shared/kube/resources.ts';
import { isNotFound } from '../../../../shared/kube/status-error.ts';
import type { Change } from '../client/informer.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { discoverResources } from './discovery.ts';
import { collect, createOwnerGraph, FOREGROUND, type GraphNode, ORPHAN, type OwnerState } from './owner-graph.ts';

const FIELD_MANAGER = 'garbage-collector';
/** CRDs appear and go; their objects are found by looking again soon after a CRD changed, and now and then. */
const REDISCOVER_MS = 30_000;
const AFTER_CRD_MS = 200;
const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

export function startGarbageCollector(context: ControllerContext): Controller {
  const { client, informers, log } = context;
  const graph = createOwnerGraph();
  const watched = new Map<string, Resource>();
  const byKind = new Map<string, Resource>();
  const queue = createWorkQueue({ name: 'garbage-collector', reconcile, concurrency: 8, log });
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function discover(): Promise<void> {
    clearTimeout(timer);
    try {
      for (const resource of await discoverResources(client)) watch(resource);
    } catch (error) {
      log(`discovery: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!closed) timer = setTimeout(() => void discover(), REDISCOVER_MS);
  }

  function watch(resource: Resource): void {
    byKind.set(kindKey(resource.group, resource.kind), resource);
    const key = `${resource.group}/${resource.plural}`;
    if (watched.has(key) || closed) return;
    watched.set(key, resource);
    informers.of<KubeObject>(resource).onChange((change) => observe(resource, change));
  }

  function observe(resource: Resource, { type, object }: Change<KubeObject>): void {
    const uid = object.metadata.uid ?? '';
    if (type === 'DELETED') {
      const node = graph.get(uid);
      graph.remove(uid);
      for (const dependent of graph.dependentsOf(uid)) queue.add(dependent.ref.uid);
      // A foreground owner may have waited for this one.
      for (const owner of node?.owners ?? []) queue.add(owner.uid);
      return;
    }
    const node = graph.put(resource, object);
    if (node.owners.length > 0 || node.deleting) queue.add(uid);
    if (resource.plural === CRDS.plural && !closed) {
      clearTimeout(timer);
      timer = setTimeout(() => void discover(), AFTER_CRD_MS);
    }
  }

  async function reconcile(uid: string): Promise<number | undefined> {
    const node = graph.get(uid);
    if (node === undefined) return undefined;
    if (node.deleting) return finishDeletion(node);
    const states = new Map<string, OwnerState>();
    let unknown = false;
    for (const owner of node.owners) {
      const state = await stateOf(owner, node);
      if (state === undefined) unknown = true;
      else states.set(owner.uid, state);
    }
    // An owner of a kind that is not known (yet) keeps its dependents; look again later.
    if (unknown) return REDISCOVER_MS;
    const verdict = collect(node, states, graph.dependentsOf(uid).length > 0);
    if (verdict.do === 'delete') await client.remove(node.ref, { propagation: verdict.propagation });
    if (verdict.do === 'drop') await dropOwners(node, verdict.uids);
    return undefined;
  }

  async function stateOf(owner: OwnerReference, dependent: GraphNode): Promise<OwnerState | undefined> {
    const known = graph.get(owner.uid);
    if (known !== undefined) {
      const waits = known.deleting && known.finalizers.includes(FOREGROUND) && owner.blockOwnerDeletion === true;
      return waits ? 'waiting' : 'solid';
    }
    const resource = byKind.get(
      kindKey(owner.apiVersion.includes('/') ? (owner.apiVersion.split('/')[0] ?? '') : '', owner.kind),
    );
    if (resource === undefined) return undefined;
    const { namespace } = dependent.ref;
    // A reference from a cluster-wide object to a namespaced one can never be resolved (Kubernetes convention: left alone).
    if (resource.namespaced && namespace === undefined) return undefined;
    const at = { name: owner.name, ...(resource.namespaced && namespace !== undefined && { namespace }) };
    const live = await client.get(resource, at, { metadataOnly: true });
    return live?.metadata.uid === owner.uid ? 'solid' : 'absent';
  }

  async function finishDeletion(node: GraphNode): Promise<undefined> {
    const dependents = graph.dependentsOf(node.ref.uid);
    if (node.finalizers.includes(ORPHAN)) {
      for (const dependent of dependents) await dropOwners(dependent, [node.ref.uid]);
      await dropFinalizer(node, ORPHAN);
    } else if (node.finalizers.includes(FOREGROUND)) {
      const blocking = dependents.filter(({ owners }) =>
        owners.some((owner) => owner.uid === node.ref.uid && owner.blockOwnerDeletion === true),
      );
      for (const dependent of dependents) queue.add(dependent.ref.uid);
      if (blocking.length === 0) await dropFinalizer(node, FOREGROUND);
    }
  }

  async function dropOwners({ ref }: GraphNode, uids: string[]): Promise<void> {
    const live = await client.get(ref.resource, ref);
    if (live === undefined || live.metadata.uid !== ref.uid) return;
    const left = (live.metadata.ownerReferences ?? []).filter((owner) => !uids.includes(owner.uid));
    await patchMetadata(ref, {
      resourceVersion: live.metadata.resourceVersion,
      ownerReferences: left.length === 0 ? null : left,
    });
  }

  async function dropFinalizer({ ref }: GraphNode, finalizer: string): Promise<void> {
    const live = await client.get(ref.resource, ref);
    if (live === undefined || live.metadata.uid !== ref.uid) return;
    const left = (live.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    if (left.length === (live.metadata.finalizers ?? []).length) return;
    await patchMetadata(ref, {
      resourceVersion: live.metadata.resourceVersion,
      finalizers: left.length === 0 ? null : left,
    });
  }

  async function patchMetadata(ref: ObjectRef, metadata: unknown): Promise<void> {
    const path = pathOf(ref.resource, ref.namespace, ref.name);
    const query = { fieldManager: FIELD_MANAGER };
    const patch = client.json({
      method: 'PATCH',
      path,
      query,
      body: { metadata },
      contentType: 'application/merge-patch+json',
    });
    await patch.catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  void discover();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await queue.close();
    },
  };
}

const kindKey = (group: string, kind: string): string => `${group}/${kind}`;
