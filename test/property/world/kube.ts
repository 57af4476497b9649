import type { KubeObject } from '../../../shared/kube/objects.ts';
import type { ObjectRef, Resource } from '../../../shared/kube/resources.ts';
import { KubeStatusError } from '../../../shared/kube/status-error.ts';
import type { KubeReader, KubeWriter } from '../../../shared/reconcile/reconciler.ts';
import type { Interrupt } from './interrupt.ts';
import { applied, equal, mergePatched } from './json.ts';
import { matchesFields, matchesLabels } from './selectors.ts';
import type { Store } from './store.ts';

type WithStatus = KubeObject & { status?: unknown; spec?: unknown };

/** Texts of logs by `<pod>/<container>`; a function may throw, as an API server answers an error. */
export type Logs = Map<string, () => string>;

/** What each manager last applied, by UID and subresource: the fields that it owns. */
export type Owned = Map<string, unknown>;

/**
 * The part of the Kubernetes client that reconcilers use, over a store in memory. Faithful where they can tell: resource
 * versions and their preconditions, UIDs, field removal by server-side apply, status apart from the rest, immutable Job
 * templates, one controller an object, finalizers, and deletion in the background or foreground.
 */
export function createKube(
  store: Store,
  logs: Logs,
  interrupt: Interrupt,
  missing: ReadonlySet<Resource>,
  owned: Owned,
): KubeReader & KubeWriter {
  // The caller names the type of what it asks for, as with the real client.
  const as = <T extends KubeObject>(object: KubeObject) => object as T;

  const list: KubeReader['list'] = async <T extends KubeObject>(
    resource: Resource,
    {
      namespace,
      labelSelector,
      fieldSelector,
    }: { namespace?: string; labelSelector?: string; fieldSelector?: string } = {},
  ) => {
    interrupt.check();
    checkInstalled(resource);
    const items = store
      .all(resource)
      .map(({ object }) => object)
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .filter((object) => matchesLabels(object.metadata.labels, labelSelector) && matchesFields(object, fieldSelector));
    return { items: items.map((object) => as<T>(object)), resourceVersion: '' };
  };

  function checkInstalled(resource: Resource): void {
    if (missing.has(resource)) throw answer(404, 'NotFound', 'the server could not find the requested resource');
  }

  function applyTo(resource: Resource, object: WithStatus, manager: string, status: boolean): KubeObject {
    const { namespace, name, uid, resourceVersion } = object.metadata;
    checkInstalled(resource);
    const current = store.get(resource, namespace, name) as WithStatus | undefined;
    if (current === undefined && (status || uid !== undefined)) throw answer(404, 'NotFound', `${name} not found`);
    if (current !== undefined) checkPreconditions(current, uid, resourceVersion);
    const next = status ? { status: object.status } : withoutStatus(object);
    const key = `${current?.metadata.uid ?? ''}/${manager}/${status}`;
    const merged = applied(current ?? {}, owned.get(key), next) as KubeObject;
    if (current !== undefined) checkChange(current, merged);
    const stored = current === undefined ? store.create(resource, merged) : store.update(resource, current, merged);
    owned.set(`${stored.metadata.uid}/${manager}/${status}`, next);
    return stored;
  }

  function replace(resource: Resource, object: KubeObject): KubeObject {
    const { namespace, name, resourceVersion } = object.metadata;
    checkInstalled(resource);
    const current = store.get(resource, namespace, name);
    if (resourceVersion === undefined) {
      if (current !== undefined) throw answer(409, 'AlreadyExists', `${name} already exists`);
      return store.create(resource, object);
    }
    if (current === undefined) throw answer(404, 'NotFound', `${name} not found`);
    checkPreconditions(current, undefined, resourceVersion);
    return store.update(resource, current, object);
  }

  function patch({ resource, namespace, name }: ObjectRef, change: unknown): KubeObject {
    const current = store.get(resource, namespace, name);
    if (current === undefined) throw answer(404, 'NotFound', `${name} not found`);
    const { uid, resourceVersion } = (change as Partial<KubeObject>).metadata ?? {};
    checkPreconditions(current, uid, resourceVersion);
    return store.update(resource, current, mergePatched(current, change) as KubeObject);
  }

  function remove({ resource, namespace, name, uid }: ObjectRef, propagation: string): void {
    const current = store.get(resource, namespace, name);
    if (current === undefined || (uid !== undefined && current.metadata.uid !== uid)) return;
    store.remove(resource, current, propagation === 'Foreground' ? 'foregroundDeletion' : undefined);
  }

  return {
    get: async <T extends KubeObject>(resource: Resource, at: { namespace?: string; name: string }) => {
      interrupt.check();
      const found = store.get(resource, at.namespace, at.name);
      return found === undefined ? undefined : as<T>(found);
    },
    list,
    page: async (resource, options) => ({ metadata: {}, items: (await list(resource, options)).items as never[] }),
    logs: async (pod, { container }) => {
      interrupt.check();
      const read = logs.get(`${pod.name}/${container}`);
      if (read === undefined) throw answer(404, 'NotFound', `pods "${pod.name}" not found`);
      return read();
    },
    create: async (resource, object) =>
      interrupt.around(`create ${resource.kind} ${object.metadata.name}`, () => {
        const { namespace, name } = object.metadata;
        if (store.get(resource, namespace, name) !== undefined) throw answer(409, 'AlreadyExists', `${name} exists`);
        return as(store.create(resource, object));
      }),
    apply: async (resource, object, { fieldManager }) =>
      interrupt.around(`apply ${resource.kind} ${object.metadata.name}`, () =>
        as(applyTo(resource, object, fieldManager, false)),
      ),
    applyStatus: async (resource, object, { fieldManager }) =>
      interrupt.around(`status ${resource.kind} ${object.metadata.name}`, () =>
        as(applyTo(resource, object, fieldManager, true)),
      ),
    replace: async (resource, object) =>
      interrupt.around(`replace ${resource.kind} ${object.metadata.name}`, () => as(replace(resource, object))),
    mergePatch: async (at, change) =>
      interrupt.around(`patch ${at.resource.kind} ${at.name}`, () => as(patch(at, change))),
    remove: async (at, { propagation = 'Background' } = {}) => {
      // What is not there is answered 404, which writes nothing.
      if (store.get(at.resource, at.namespace, at.name) === undefined) return interrupt.check();
      return interrupt.around(`delete ${at.resource.kind} ${at.name} ${propagation}`, () => remove(at, propagation));
    },
  };
}

export function answer(code: number, reason: string, message: string): KubeStatusError {
  return new KubeStatusError(
    code,
    JSON.stringify({ kind: 'Status', status: 'Failure', code, reason, message }),
    message,
  );
}

function checkPreconditions({ metadata }: KubeObject, uid?: string, resourceVersion?: string): void {
  if (uid !== undefined && uid !== metadata.uid)
    throw answer(409, 'Conflict', 'the UID in the precondition is another');
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw answer(409, 'Conflict', 'the object has been modified');
  }
}

function checkChange(current: WithStatus, next: WithStatus): void {
  const controllers = (next.metadata.ownerReferences ?? []).filter(({ controller }) => controller === true);
  if (controllers.length > 1) throw answer(422, 'Invalid', 'Only one reference can have Controller set to true');
  if (current.kind === 'Job' && !equal(current.spec, next.spec)) throw answer(422, 'Invalid', 'field is immutable');
}

function withoutStatus({ status: _, ...object }: WithStatus): KubeObject {
  const { uid: __, resourceVersion: ___, ...metadata } = object.metadata;
  return { ...object, metadata };
}
