import type { KubeObject } from '../../../../shared/kube/objects.ts';
import {
  CONFIG_MAPS,
  NAMESPACES,
  pathOf,
  type Resource,
  refOf,
  SERVICE_ACCOUNTS,
} from '../../../../shared/kube/resources.ts';
import { isConflict, isNotFound } from '../../../../shared/kube/status-error.ts';
import type { Namespace } from '../client/core-types.ts';
import type { Change } from '../client/informer.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { discoverResources } from './discovery.ts';

const ROOT_CA = 'kube-root-ca.crt';
const LOOK_AGAIN_MS = 100;

/** Gives each namespace its `default` ServiceAccount and the API server's certificate, and empties and finishes a namespace that is being deleted. */
export function startNamespaceController({ client, informers, log }: ControllerContext, rootCa = ''): Controller {
  const namespaces = informers.of<Namespace>(NAMESPACES);
  const accounts = informers.of<KubeObject>(SERVICE_ACCOUNTS);
  const certificates = informers.of<KubeObject>(CONFIG_MAPS);
  const queue = createWorkQueue({ name: 'namespace', reconcile, log });
  namespaces.onChange(({ object }) => queue.add(object.metadata.name));
  const restore = ({ type, object }: Change<KubeObject>): void => {
    if (type === 'DELETED') queue.add(object.metadata.namespace ?? '');
  };
  accounts.onChange(restore);
  certificates.onChange(restore);

  async function reconcile(name: string): Promise<number | undefined> {
    await Promise.all([namespaces.synced, accounts.synced, certificates.synced]);
    const namespace = namespaces.get(undefined, name);
    if (namespace === undefined) return undefined;
    if (namespace.metadata.deletionTimestamp !== undefined) return empty(namespace);
    if (certificates.get(name, ROOT_CA) === undefined) {
      const certificate = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: ROOT_CA, namespace: name },
        data: { 'ca.crt': rootCa },
      };
      await create(CONFIG_MAPS, certificate, 'root-ca-certificate-publisher');
    }
    if (accounts.get(name, 'default') === undefined) {
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } };
      await create(SERVICE_ACCOUNTS, account, 'service-account-controller');
    }
    return undefined;
  }

  async function create(resource: Resource, object: KubeObject, fieldManager: string): Promise<void> {
    await client.create(resource, object, { fieldManager }).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
  }

  /** Deletes what is in it; when nothing is left, the namespace itself goes with its finalizer. */
  async function empty(namespace: Namespace): Promise<number | undefined> {
    const { name } = namespace.metadata;
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    if (finalizers.length === (namespace.spec?.finalizers ?? []).length) return undefined;
    let left = 0;
    for (const resource of await discoverResources(client)) {
      if (!resource.namespaced) continue;
      const { items } = await client.list(resource, { namespace: name });
      left += items.length;
      for (const item of items)
        if (item.metadata.deletionTimestamp === undefined)
          await client.remove(refOf(resource, { ...item, kind: resource.kind }));
    }
    if (left > 0) return LOOK_AGAIN_MS;
    await client
      .json({
        method: 'PUT',
        path: `${pathOf(NAMESPACES, undefined, name)}/finalize`,
        body: finalized(namespace, finalizers),
      })
      .catch(ignoreGone);
    return undefined;
  }
  return { close: () => queue.close() };
}

const finalized = (namespace: Namespace, finalizers: string[]): unknown => ({
  ...namespace,
  spec: { ...namespace.spec, finalizers },
});

function ignoreGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
