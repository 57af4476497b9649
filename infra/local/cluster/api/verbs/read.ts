import type { ClusterState } from '../cluster-state.ts';
import type { ResourceRequest } from '../http/request.ts';
import { fromStored } from '../kinds/events.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { type FieldMatches, type Matches, parseFieldSelector, parseLabelSelector } from '../meta/selectors.ts';
import { at, type KubeObject } from '../object.ts';
import { ApiError, badRequest, expired, fieldError, invalid, notFound } from '../status.ts';
import type { Entry } from '../storage/store.ts';
import { keyOf } from './write-context.ts';

export interface Page {
  entries: Entry[];
  revision: number;
  continue?: string;
  remaining?: number;
}

/** What of a collection a request is about. */
export interface Selection {
  prefix: string;
  matches: ((object: KubeObject) => boolean) | undefined;
}

export function getObject(cluster: ClusterState, { type, namespace, name }: ResourceRequest): Entry {
  const entry = cluster.store.get(type.storage, keyOf(type, namespace, name));
  if (entry === undefined) throw notFound(type, name);
  return entry;
}

/** The fields a field selector may name, with their values in `object`. */
function selectableFields(type: ResourceType, object: KubeObject): Record<string, string> {
  const fields: Record<string, string> = { 'metadata.name': object.metadata.name ?? '' };
  if (type.namespaced) fields['metadata.namespace'] = object.metadata.namespace ?? '';
  Object.assign(fields, type.rules.selectable?.(object));
  for (const path of type.custom?.selectableFields ?? []) {
    fields[path.replace(/^\./, '')] = `${at(object, ...path.split('.').slice(1)) ?? ''}`;
  }
  return fields;
}

export function selectionOf({ type, namespace, name, query }: ResourceRequest): Selection {
  const labels: Matches | undefined = parseLabelSelector(query.get('labelSelector'));
  const fields: FieldMatches | undefined = parseFieldSelector(
    query.get('fieldSelector'),
    (object) => selectableFields(type, object),
    type.custom === undefined && type.rules.selectable === undefined,
  );
  const prefix = namespace !== '' && type.namespaced ? `${namespace}/` : '';
  const named = name === '' ? undefined : name;
  if (labels === undefined && fields === undefined && named === undefined) return { prefix, matches: undefined };
  const matches = (object: KubeObject): boolean =>
    (named === undefined || object.metadata.name === named) &&
    (labels === undefined || labels(object.metadata.labels ?? {})) &&
    (fields === undefined || fields(fromStored(type, object)));
  return { prefix, matches };
}

interface Token {
  rv: number;
  start: string;
}

function decodeToken(text: string): Token {
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof rv === 'number' && typeof start === 'string') return { rv, start };
  } catch {
    // Falls through to the one answer for every bad token.
  }
  throw badRequest('continue key is not valid: unable to decode token');
}

const encodeToken = (token: Token): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', ...token })).toString('base64url');
const LIST_OPTIONS = { group: 'meta.k8s.io', resource: 'listoptions', kind: 'ListOptions' };

const unparsable = (text: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;

export function parseRevision(text: string, watch = false): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw watch ? new ApiError(500, '', unparsable(text)) : badRequest(`invalid resource version: ${unparsable(text)}`);
}

/** The revision a list is read at: now, or an earlier one that was asked for exactly. */
function revisionFor({ store }: ClusterState, query: URLSearchParams): number {
  const asked = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  if (match !== '' && asked === '') {
    throw invalid(LIST_OPTIONS, '', [
      fieldError.forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
      ),
    ]);
  }
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan') {
    throw invalid(LIST_OPTIONS, '', [
      fieldError.notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']),
    ]);
  }
  if (asked === '') return store.revision;
  const revision = parseRevision(asked);
  if (match === 'Exact' && revision === 0) {
    throw invalid(LIST_OPTIONS, '', [
      fieldError.forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
    ]);
  }
  if (revision > store.revision) throw tooLarge(revision, store.revision);
  return match === 'Exact' ? revision : store.revision;
}

export function tooLarge(asked: number, current: number): ApiError {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new ApiError(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes,
    retryAfterSeconds: 1,
  });
}

export function listPage(cluster: ClusterState, request: ResourceRequest): Page {
  const { query, type } = request;
  const { prefix, matches } = selectionOf(request);
  const limit = Number(query.get('limit') ?? 0) || 0;
  const continued = query.get('continue') ?? '';
  const collection = cluster.store.collection(type.storage);
  if (continued !== '' && (query.get('resourceVersion') ?? '') !== '' && query.get('resourceVersion') !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const token = continued === '' ? undefined : decodeToken(continued);
  const revision = token?.rv ?? revisionFor(cluster, query);
  const all = entriesAt(collection, prefix, revision, cluster.store.revision);
  let entries = token === undefined ? all : all.filter(({ key }) => key >= token.start);
  if (matches !== undefined) entries = entries.filter(({ object }) => matches(object));
  if (limit <= 0 || entries.length <= limit) return { entries, revision };
  const next = entries[limit]?.key ?? '';
  const remaining = matches === undefined ? { remaining: entries.length - limit } : {};
  return {
    entries: entries.slice(0, limit),
    revision,
    continue: encodeToken({ rv: revision, start: next }),
    ...remaining,
  };
}

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

function entriesAt(
  collection: ReturnType<ClusterState['store']['collection']>,
  prefix: string,
  revision: number,
  now: number,
): Entry[] {
  if (revision >= now) return collection.list(prefix);
  try {
    return collection.listAt(prefix, revision);
  } catch {
    throw expired(TOO_OLD);
  }
}
