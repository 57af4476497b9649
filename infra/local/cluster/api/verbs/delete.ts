import { CRD_FINALIZER, CRD_STORAGE } from '../kinds/crd.ts';
import { fromStored } from '../kinds/events.ts';
import { isRecord, type KubeObject, rfc3339 } from '../object.ts';
import { ApiError, conflict, fieldError, invalid, notFound } from '../status.ts';
import type { Entry } from '../storage/store.ts';
import { META } from '../types/builtin-types.ts';
import { decodeAs } from '../types/decode.ts';
import { readLive } from './update.ts';
import { isDryRun, optionsSubject, unstored, type WriteContext } from './write-context.ts';

interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  uid?: string;
  resourceVersion?: string;
  dryRun: boolean;
}

/** The object as it now stands, and whether it is gone. */
export interface DeleteResult {
  entry: Entry;
  gone: boolean;
}

const POLICIES = ['Background', 'Foreground', 'Orphan'];

export function deleteOptionsOf(context: WriteContext, raw: Record<string, unknown>): DeleteOptions {
  const body = Object.keys(raw).length === 0 ? {} : decodeAs(`${META}.DeleteOptions`, raw);
  const { query } = context.request;
  const grace =
    body['gracePeriodSeconds'] ??
    (query.has('gracePeriodSeconds') ? Number(query.get('gracePeriodSeconds')) : undefined);
  const policy = body['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined;
  const orphan = body['orphanDependents'] === true ? 'Orphan' : undefined;
  const preconditions = isRecord(body['preconditions']) ? body['preconditions'] : {};
  if (policy !== undefined && !POLICIES.includes(`${policy}`)) {
    const cause = fieldError.notSupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil']);
    throw invalid({ group: 'meta.k8s.io', resource: 'deleteoptions', kind: 'DeleteOptions' }, '', [cause]);
  }
  return {
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(policy === undefined && orphan === undefined ? {} : { propagationPolicy: `${policy ?? orphan}` }),
    ...(typeof preconditions['uid'] === 'string' ? { uid: preconditions['uid'] } : {}),
    ...(typeof preconditions['resourceVersion'] === 'string'
      ? { resourceVersion: preconditions['resourceVersion'] }
      : {}),
    dryRun: context.dryRun || isDryRun(new URLSearchParams(), optionsSubject('delete'), body['dryRun']),
  };
}

export async function deleteObject(context: WriteContext, options: DeleteOptions): Promise<DeleteResult> {
  const { cluster, type, request } = context;
  for (;;) {
    const live = readLive(context);
    if (live === undefined) throw notFound(type, request.name);
    checkPreconditions(context, options, live.object);
    const change = { context, operation: 'DELETE' as const, object: undefined, old: fromStored(type, live.object) };
    await cluster.webhooks.admit(change);
    await cluster.webhooks.validate(change);
    if (readLive(context) === live) return carryOut(context, options, live);
  }
}

function checkPreconditions(
  { type, request }: WriteContext,
  { uid, resourceVersion }: DeleteOptions,
  { metadata }: KubeObject,
): void {
  const byKind = { ...type, resource: type.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(byKind, request.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(byKind, request.name, why);
  }
  if (
    type.resource === 'namespaces' &&
    type.group === '' &&
    ['default', 'kube-system', 'kube-public'].includes(request.name)
  ) {
    throw new ApiError(
      403,
      'Forbidden',
      `namespaces "${request.name}" is forbidden: this namespace may not be deleted`,
      {
        name: request.name,
        kind: 'namespaces',
      },
    );
  }
}

/** The finalizers with those that stand for the propagation policy set as asked; the default leaves them as they are. */
function finalizersFor(policy: string | undefined, finalizers: readonly string[] = []): string[] {
  if (policy === undefined) return [...finalizers];
  const others = finalizers.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...others, 'orphan'];
  return policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others;
}

/** Seconds that the object's owner, the kubelet, has to end it; 0 for kinds that have no such owner. */
function graceOf({ type }: WriteContext, options: DeleteOptions, { spec, status }: KubeObject): number {
  if (type.resource !== 'pods' || type.group !== '') return 0;
  const phase = status?.['phase'];
  if (!spec?.['nodeName'] || phase === 'Failed' || phase === 'Succeeded') return 0;
  const own = spec['terminationGracePeriodSeconds'];
  const grace = options.gracePeriodSeconds ?? (typeof own === 'number' ? own : 30);
  return grace < 0 ? 1 : grace;
}

function carryOut(context: WriteContext, options: DeleteOptions, live: Entry): DeleteResult {
  const { object } = live;
  const own = context.type.storage === CRD_STORAGE ? [CRD_FINALIZER] : [];
  const finalizers = [...new Set([...finalizersFor(options.propagationPolicy, object.metadata.finalizers), ...own])];
  const isNamespace = object.kind === 'Namespace' && object.apiVersion === 'v1';
  const held = finalizers.length > 0 || (isNamespace && Array.isArray(object.spec?.['finalizers']));
  const grace = graceOf(context, options, object);
  // What is deleted at once says so in its last state, where the kind has a grace at all.
  const last = context.type.rules.graceful ? going(context, object, [], 0) : object;
  if (grace === 0 && !held) return remove(context, options, live, last);
  return mark(context, options, live, going(context, live.object, finalizers, grace));
}

function remove(
  { cluster, type, dryRun }: WriteContext,
  options: DeleteOptions,
  live: Entry,
  last: KubeObject,
): DeleteResult {
  if (dryRun || options.dryRun) return { entry: unstored(live.key, last), gone: true };
  return { entry: cluster.store.delete(type.storage, live.key, last) ?? live, gone: true };
}

/** The object with its deletion begun, or its grace shortened. */
function going({ cluster }: WriteContext, object: KubeObject, finalizers: string[], grace: number): KubeObject {
  const {
    deletionTimestamp,
    deletionGracePeriodSeconds = 0,
    generation,
    finalizers: before,
    ...rest
  } = object.metadata;
  const begun = deletionTimestamp !== undefined;
  const shorter = !begun || grace < deletionGracePeriodSeconds;
  const start = begun ? Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000 : cluster.now().getTime();
  const next: KubeObject = {
    ...object,
    metadata: {
      ...rest,
      ...(generation === undefined ? {} : { generation: begun ? generation : generation + 1 }),
      deletionTimestamp: shorter ? rfc3339(new Date(start + grace * 1000)) : deletionTimestamp,
      deletionGracePeriodSeconds: shorter ? grace : deletionGracePeriodSeconds,
      ...(finalizers.length === 0 && before === undefined ? {} : { finalizers }),
    },
  };
  if (object.kind === 'Namespace' && object.apiVersion === 'v1')
    next.status = { ...object.status, phase: 'Terminating' };
  return next;
}

function mark(
  { cluster, type, dryRun }: WriteContext,
  options: DeleteOptions,
  live: Entry,
  next: KubeObject,
): DeleteResult {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers = [] } = live.object.metadata;
  const same =
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds === next.metadata.deletionGracePeriodSeconds &&
    finalizers.join() === (next.metadata.finalizers ?? []).join();
  if (same) return { entry: live, gone: false };
  if (dryRun || options.dryRun) return { entry: unstored(live.key, next), gone: false };
  return { entry: cluster.store.put(type.storage, live.key, next), gone: false };
}

/** Deletes one of a collection; another's deletion in between is no error. */
export async function deleteFromCollection(context: WriteContext, options: DeleteOptions, entry: Entry): Promise<void> {
  const { namespace = '', name = '' } = entry.object.metadata;
  const request = { ...context.request, namespace, name };
  try {
    await deleteObject({ ...context, request }, options);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 404) throw error;
  }
}
