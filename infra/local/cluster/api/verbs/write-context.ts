import type { ClusterState } from '../cluster-state.ts';
import type { ResourceRequest } from '../http/request.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import type { KubeObject } from '../object.ts';
import { badRequest, fieldError, invalid, type Subject } from '../status.ts';
import type { Entry } from '../storage/store.ts';
import { type FieldValidation, fieldValidationOf } from './intake.ts';

/** One write request with its options. */
export interface WriteContext {
  cluster: ClusterState;
  request: ResourceRequest;
  type: ResourceType;
  dryRun: boolean;
  validation: FieldValidation;
  warnings: string[];
  manager: string;
}

/** What a write answers with. */
export interface WriteResult {
  code: number;
  entry: Entry;
}

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;

function managerOf(request: ResourceRequest): string {
  const asked = request.query.get('fieldManager') ?? '';
  if (asked.length > 128)
    throw badRequest(`invalid fieldManager: Invalid value: "${asked}": may not be more than 128 bytes`);
  if (!PRINTABLE.test(asked))
    throw badRequest(`invalid fieldManager: Invalid value: "${asked}": should only contain printable characters`);
  if (asked !== '') return asked;
  return (request.raw.headers['user-agent'] ?? 'unknown').split('/')[0]?.slice(0, 128) || 'unknown';
}

const OPTIONS: Record<string, string> = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' };

/** The options of a verb, as errors name them. */
export function optionsSubject(verb: string): Subject {
  const kind = OPTIONS[verb] ?? 'DeleteOptions';
  return { group: 'meta.k8s.io', resource: kind.toLowerCase(), kind };
}

export function isDryRun(query: URLSearchParams, options: Subject, body?: unknown): boolean {
  const asked = [...query.getAll('dryRun'), ...(Array.isArray(body) ? body : [])].filter((value) => value !== '');
  if (asked.some((value) => value !== 'All'))
    throw invalid(options, '', [fieldError.notSupported('dryRun', asked, ['All'])]);
  return asked.length > 0;
}

export function writeContext(cluster: ClusterState, request: ResourceRequest, warnings: string[]): WriteContext {
  return {
    cluster,
    request,
    type: request.type,
    dryRun: isDryRun(request.query, optionsSubject(request.verb)),
    validation: fieldValidationOf(request.query, optionsSubject(request.verb)),
    warnings,
    manager: managerOf(request),
  };
}

export function keyOf(type: ResourceType, namespace: string, name: string): string {
  return type.namespaced ? `${namespace}/${name}` : name;
}

/** An entry that is not stored, for the answer to a dry run. */
export function unstored(key: string, object: KubeObject): Entry {
  return { key, revision: 0, object, json: JSON.stringify(object) };
}
