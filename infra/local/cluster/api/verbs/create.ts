import { randomUUID } from 'node:crypto';
import { checkEscalation } from '../auth/escalation.ts';
import { toStored } from '../kinds/events.ts';
import { NAMESPACES } from '../kinds/names.ts';
import { admitClasses, admitServiceAccount } from '../kinds/pod-admission.ts';
import { generateName, validateMeta } from '../meta/object-meta.ts';
import { type KubeObject, rfc3339 } from '../object.ts';
import { ApiError, alreadyExists, badRequest, type Cause, forbidden, invalid, notFound } from '../status.ts';
import { intake } from './intake.ts';
import { ownUpdate } from './ownership.ts';
import { keyOf, unstored, type WriteContext, type WriteResult } from './write-context.ts';

/** Tries that a generated name gets to be free. */
const NAME_TRIES = 8;

export async function createObject(context: WriteContext, raw: Record<string, unknown>): Promise<WriteResult> {
  const object = intake(context.type, raw, { validation: context.validation, warnings: context.warnings });
  placeInNamespace(context, object);
  if (object.metadata.resourceVersion !== undefined && object.metadata.resourceVersion !== '0') {
    throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
  }
  prepare(context, object);
  checkNamespace(context, object);
  return finishCreate(context, ownUpdate(context, undefined, object));
}

/**
 * The part that create shares with an apply that finds nothing. `owned` has its managed fields: what admission and the kind's own
 * preparation add later is nobody's.
 */
export async function finishCreate(context: WriteContext, owned: KubeObject): Promise<WriteResult> {
  const { cluster, type, request } = context;
  if (type.storage === 'pods') {
    admitServiceAccount(cluster, owned);
    admitClasses(owned);
  }
  const admitted = await cluster.webhooks.admit({ context, operation: 'CREATE', object: owned, old: undefined });
  const object = admitted === owned ? owned : reread(context, admitted);
  type.rules.prepareCreate?.(object);
  checkEscalation(context, object);
  const causes = createCauses(context, object);
  if (causes.length > 0) throw invalid(type, object.metadata.name ?? '', causes);
  await cluster.webhooks.validate({ context, operation: 'CREATE', object, old: undefined });
  const key = keyOf(type, request.namespace, object.metadata.name ?? '');
  // Nothing was awaited since: no one can come between the check and the write.
  if (cluster.store.get(type.storage, key) !== undefined) throw alreadyExists(type, object.metadata.name ?? '');
  const stored = toStored(type, object);
  if (context.dryRun) return { code: 201, entry: unstored(key, stored) };
  return { code: 201, entry: cluster.store.put(type.storage, key, stored) };
}

function createCauses({ type }: WriteContext, object: KubeObject): Cause[] {
  return [
    ...validateMeta(object, type.rules.name, type.custom === undefined),
    ...(type.custom?.schema.validate(object) ?? []),
    ...(type.rules.validate?.(object) ?? []),
  ];
}

/** What a webhook's patch made of the object, typed and defaulted anew. */
export function reread(context: WriteContext, admitted: KubeObject): KubeObject {
  return intake(context.type, admitted, { validation: 'Ignore', warnings: [] });
}

function placeInNamespace({ type, request }: WriteContext, { metadata }: KubeObject): void {
  if (!type.namespaced) {
    delete metadata.namespace;
    return;
  }
  if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== request.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  metadata.namespace = request.namespace;
}

/** System fields of a new object. */
export function prepare(context: WriteContext, object: KubeObject): void {
  const { type, cluster } = context;
  const { metadata } = object;
  for (const key of ['resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const)
    delete metadata[key];
  metadata.uid = randomUUID();
  metadata.creationTimestamp = rfc3339(cluster.now());
  if (type.custom !== undefined || type.rules.generation === true) metadata.generation = 1;
  if (type.custom !== undefined && type.subresources.has('status')) delete object.status;
  if (!metadata.name && metadata.generateName) metadata.name = freeName(context, metadata.generateName);
}

function freeName({ type, request, cluster }: WriteContext, base: string): string {
  for (let tries = 0; tries < NAME_TRIES; tries++) {
    const name = generateName(base);
    if (cluster.store.get(type.storage, keyOf(type, request.namespace, name)) === undefined) return name;
  }
  throw new ApiError(
    409,
    'AlreadyExists',
    `${type.resource} "${base}" already exists, the server was not able to generate a unique name for the object`,
  );
}

/** The NamespaceLifecycle admission: nothing comes into a namespace that is absent or going. */
export function checkNamespace({ type, request, cluster }: WriteContext, object: KubeObject): void {
  if (!type.namespaced) return;
  const namespace = cluster.store.get('namespaces', request.namespace)?.object;
  if (namespace === undefined) throw notFound(NAMESPACES, request.namespace);
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${request.namespace} because it is being terminated`;
  const error = forbidden(type, object.metadata.name ?? '', why);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${request.namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  throw new ApiError(error.code, error.reason, error.message, { ...error.details, causes: [cause] });
}
