import { rfc3339 } from '../../../shared/kube/conditions.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import type { Resource } from '../../../shared/kube/resources.ts';
import type { Clock } from './clock.ts';
import { equal, frozen, saved } from './json.ts';

export interface Stored {
  resource: Resource;
  object: KubeObject;
}

/** Objects by kind, namespace and name, with the bookkeeping that every write of an API server does. */
export interface Store {
  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined;
  all(resource?: Resource): Stored[];
  create(resource: Resource, object: KubeObject): KubeObject;
  /** Stores `next` when it differs; bumps the generation when more than metadata and status does. */
  update(resource: Resource, current: KubeObject, next: KubeObject): KubeObject;
  /** Ends an object, or asks for its end when it has finalizers. */
  remove(resource: Resource, object: KubeObject, finalizer?: string): void;
  /** UIDs of all objects of a kind that were ever created, in order. */
  created(kind: string): readonly { uid: string; object: KubeObject }[];
  /** Returns what takes the store back to what it holds now. */
  save(): () => void;
}

export function createStore(clock: Clock): Store {
  const objects = new Map<string, Stored>();
  const born: { kind: string; uid: string; object: KubeObject }[] = [];
  let version = 0;
  let uids = 0;
  const keyOf = ({ plural, group }: Resource, namespace = '', name: string) =>
    `${group}/${plural}/${namespace}/${name}`;
  const put = (resource: Resource, object: KubeObject): KubeObject => {
    version += 1;
    const stored = frozen({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
    objects.set(keyOf(resource, stored.metadata.namespace, stored.metadata.name), { resource, object: stored });
    return stored;
  };
  const drop = (resource: Resource, { metadata }: KubeObject) =>
    objects.delete(keyOf(resource, metadata.namespace, metadata.name));

  /** Events have numbers of their own, so that lives that are told of otherwise are otherwise the same. */
  const nextUid = (kind: string): string => {
    const told = born.filter((one) => one.kind === 'Event').length;
    if (kind !== 'Event') uids += 1;
    const number = kind === 'Event' ? told + 1 : uids;
    return `${kind === 'Event' ? 'eeeeeeee' : '00000000'}-0000-4000-8000-${String(number).padStart(12, '0')}`;
  };

  return {
    get: (resource, namespace, name) => objects.get(keyOf(resource, namespace, name))?.object,
    all: (resource) =>
      [...objects.values()].filter((one) => resource === undefined || one.resource.plural === resource.plural),
    create(resource, object) {
      const uid = nextUid(resource.kind);
      const creationTimestamp = rfc3339(clock.now());
      const stored = put(resource, {
        ...object,
        metadata: { ...object.metadata, uid, generation: 1, creationTimestamp },
      });
      born.push({ kind: resource.kind, uid, object: stored });
      return stored;
    },
    update(resource, current, next) {
      if (equal(unversioned(current), unversioned(next))) return current;
      const { generation = 1 } = current.metadata;
      const same = equal(body(current), body(next));
      const metadata = { ...next.metadata, generation: same ? generation : generation + 1 };
      const done = metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
      const stored = put(resource, { ...next, metadata });
      if (done) drop(resource, stored);
      return stored;
    },
    remove(resource, object, finalizer) {
      const { finalizers = [], deletionTimestamp } = object.metadata;
      const held = finalizer === undefined ? finalizers : [...new Set([...finalizers, finalizer])];
      if (held.length === 0) drop(resource, object);
      else if (deletionTimestamp === undefined) {
        const metadata = { ...object.metadata, finalizers: held, deletionTimestamp: rfc3339(clock.now()) };
        put(resource, { ...object, metadata });
      }
    },
    created: (kind) => born.filter((one) => one.kind === kind),
    save: () => {
      const [kept, made, last, given] = [saved(objects), born.slice(), version, uids];
      return () => {
        kept();
        born.splice(0, born.length, ...made);
        version = last;
        uids = given;
      };
    },
  };
}

function unversioned({ metadata, ...rest }: KubeObject) {
  const { resourceVersion: _, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

function body(object: KubeObject): Record<string, unknown> {
  const { metadata: _, status: __, ...rest } = object as KubeObject & { status?: unknown };
  return rest;
}
