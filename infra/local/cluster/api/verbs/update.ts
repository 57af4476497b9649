import { deepEqual } from '../../apply/values.ts';
import { checkEscalation } from '../auth/escalation.ts';
import { fromStored, toStored } from '../kinds/events.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { validateMeta, validateMetaUpdate } from '../meta/object-meta.ts';
import { isRecord, type KubeObject } from '../object.ts';
import { badRequest, type Cause, conflict, fieldError, invalid, notFound, OBJECT_MODIFIED } from '../status.ts';
import type { Entry } from '../storage/store.ts';
import { createObject, reread } from './create.ts';
import { intake } from './intake.ts';
import { ownUpdate } from './ownership.ts';
import { keyOf, unstored, type WriteContext, type WriteResult } from './write-context.ts';

/** What is to be stored instead of `live`. With `owned`, its managed fields are final (server-side apply). */
export interface Proposal {
  next: KubeObject;
  owned: boolean;
}

/** Tries of a write that names no resourceVersion, when others write between its read and its write. */
const TRIES = 6;

export async function updateObject(context: WriteContext, raw: Record<string, unknown>): Promise<WriteResult> {
  const { type, request } = context;
  const named = isRecord(raw['metadata']) ? raw['metadata'] : {};
  if (named['name'] !== undefined && named['name'] !== '' && named['name'] !== request.name) {
    throw badRequest(`the name of the object (${named['name']}) does not match the name on the URL (${request.name})`);
  }
  const object = intake(type, raw, { validation: context.validation, warnings: context.warnings });
  object.metadata.name ??= request.name;
  if (type.namespaced) {
    object.metadata.namespace ||= request.namespace;
    if (object.metadata.namespace !== request.namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
  }
  if (object.kind === 'Lease' && readLive(context) === undefined) return createObject(context, raw);
  return replace(context, () => ({ next: object, owned: false }));
}

export function readLive({ cluster, type, request }: WriteContext): Entry | undefined {
  return cluster.store.get(type.storage, keyOf(type, request.namespace, request.name));
}

/**
 * Reads, proposes, admits, validates and stores. The proposal is asked for again when another write came first, unless the
 * object it proposes names the version it replaces.
 */
export async function replace(context: WriteContext, propose: (live: KubeObject) => Proposal): Promise<WriteResult> {
  for (let tries = 0; tries < TRIES; tries++) {
    const live = readLive(context);
    if (live === undefined) throw notFound(context.type, context.request.name);
    const result = await attempt(context, live, propose(fromStored(context.type, live.object)));
    if (result !== undefined) return result;
  }
  throw conflict(context.type, context.request.name, OBJECT_MODIFIED);
}

async function attempt(
  context: WriteContext,
  live: Entry,
  { next: proposed, owned }: Proposal,
): Promise<WriteResult | undefined> {
  const { cluster, type } = context;
  const old = fromStored(type, live.object);
  checkPreconditions(context, proposed, old);
  const asked = withSystemFields(proposed, old);
  const own = owned ? asked : ownUpdate(context, old, asked);
  const change = { context, operation: 'UPDATE' as const, old };
  const admitted = await cluster.webhooks.admit({ ...change, object: own });
  const next = withGeneration(type, isolate(context, admitted === own ? own : reread(context, admitted), old), old);
  if (sameObject(next, old)) return { code: 200, entry: live };
  checkEscalation(context, next);
  const causes = updateCauses(context, next, old);
  if (causes.length > 0) throw invalid(type, context.request.name, causes);
  await cluster.webhooks.validate({ ...change, object: next });
  if (readLive(context) !== live) return undefined;
  return store(context, live, next);
}

/** Nothing is awaited between the check that `live` is current and this. */
function store({ cluster, type, dryRun }: WriteContext, live: Entry, next: KubeObject): WriteResult {
  const stored = toStored(type, next);
  if (dryRun) return { code: 200, entry: unstored(live.key, stored) };
  const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = stored.metadata;
  const goes =
    deletionTimestamp !== undefined &&
    finalizers.length === 0 &&
    deletionGracePeriodSeconds === 0 &&
    !holdsSpecFinalizers(stored);
  if (goes) return { code: 200, entry: cluster.store.delete(type.storage, live.key, stored) ?? live };
  return { code: 200, entry: cluster.store.put(type.storage, live.key, stored) };
}

/** A namespace stays until its contents are gone, which `spec.finalizers` stands for. */
function holdsSpecFinalizers({ kind, apiVersion, spec }: KubeObject): boolean {
  return (
    kind === 'Namespace' && apiVersion === 'v1' && Array.isArray(spec?.['finalizers']) && spec['finalizers'].length > 0
  );
}

function checkPreconditions({ type, request }: WriteContext, next: KubeObject, old: KubeObject): void {
  const { resourceVersion = '', uid = '' } = next.metadata;
  if (resourceVersion === '' || resourceVersion === '0') {
    if (type.custom !== undefined && request.verb === 'update') {
      const cause = {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
        field: 'metadata.resourceVersion',
      };
      throw invalid({ ...type, kind: type.resource }, request.name, [cause]);
    }
  } else if (!/^\d+$/.test(resourceVersion)) {
    throw badRequest(
      `Invalid value: "${resourceVersion}": strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`,
    );
  } else if (resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(type, request.name, OBJECT_MODIFIED);
  }
  if (uid === '' || uid === old.metadata.uid) return;
  if (request.verb === 'patch')
    throw invalid(type, request.name, [fieldError.invalid('metadata.uid', uid, 'field is immutable')]);
  const key = `/registry/${type.custom === undefined ? type.resource : type.storage}/${keyOf(type, request.namespace, request.name)}`;
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
  throw conflict(
    type,
    request.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  );
}

/** Fills in what the system holds. */
function withSystemFields(proposed: KubeObject, old: KubeObject): KubeObject {
  const {
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    resourceVersion,
    managedFields,
  } = old.metadata;
  const {
    deletionTimestamp: _time,
    deletionGracePeriodSeconds: _grace,
    generation: _generation,
    ...asked
  } = proposed.metadata;
  const system = {
    ...(uid === undefined ? {} : { uid }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    ...(generation === undefined ? {} : { generation }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  const kept = asked.managedFields === undefined && managedFields !== undefined ? { managedFields } : {};
  return { ...proposed, metadata: { ...asked, ...kept, ...system } };
}

/** Puts back what the endpoint must not write. */
function isolate({ type, request }: WriteContext, proposed: KubeObject, old: KubeObject): KubeObject {
  const next = { ...proposed };
  if (request.subresource === 'status') return statusOnly(type, next, old);
  if (type.subresources.has('status')) {
    if (old.status === undefined) delete next.status;
    else next.status = old.status;
  }
  type.rules.prepareUpdate?.(next, old);
  return next;
}

function statusOnly(type: ResourceType, next: KubeObject, old: KubeObject): KubeObject {
  const { status, metadata } = next;
  const { managedFields } = metadata;
  const meta =
    type.custom === undefined
      ? {
          ...metadata,
          ...(old.metadata.ownerReferences === undefined ? {} : { ownerReferences: old.metadata.ownerReferences }),
        }
      : { ...old.metadata, ...(managedFields === undefined ? {} : { managedFields }) };
  const { status: _old, ...rest } = old;
  return { ...rest, metadata: meta, ...(status === undefined ? {} : { status }) };
}

function withGeneration(type: ResourceType, next: KubeObject, old: KubeObject): KubeObject {
  const { generation } = old.metadata;
  if (generation === undefined) return next;
  const withStatus = type.subresources.has('status');
  const { metadata: _a, status: statusA, ...a } = next;
  const { metadata: _b, status: statusB, ...b } = old;
  const annotated =
    type.rules.generationOfAnnotations !== true || deepEqual(next.metadata.annotations, old.metadata.annotations);
  const same = deepEqual(a, b) && annotated && (withStatus || deepEqual(statusA, statusB));
  return same ? next : { ...next, metadata: { ...next.metadata, generation: generation + 1 } };
}

/** True when storing `next` would change nothing but the times of managed fields. */
function sameObject(next: KubeObject, old: KubeObject): boolean {
  if (next === old) return true;
  const { metadata: a, ...restA } = next;
  const { metadata: b, ...restB } = old;
  const { managedFields: ownersA, ...metaA } = a;
  const { managedFields: ownersB, ...metaB } = b;
  return deepEqual(restA, restB) && deepEqual(metaA, metaB) && deepEqual(timeless(ownersA), timeless(ownersB));
}

const timeless = (entries: Record<string, unknown>[] = []): unknown[] =>
  entries.map(({ time: _time, ...entry }) => entry);

function updateCauses({ type, request }: WriteContext, next: KubeObject, old: KubeObject): Cause[] {
  const meta = [...validateMeta(next, type.rules.name, type.custom === undefined), ...validateMetaUpdate(next, old)];
  const schema = type.custom?.schema.validate(next, old) ?? [];
  if (request.subresource === 'status') return [...meta, ...schema, ...(type.rules.validateStatus?.(next, old) ?? [])];
  return [...meta, ...schema, ...(type.rules.validate?.(next, old) ?? [])];
}
