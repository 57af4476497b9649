import type { IncomingMessage } from 'node:http';
import type { ResourceType } from '../kinds/resource-type.ts';
import { badRequest } from '../status.ts';

export interface User {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Record<string, string[]>;
}

/** A request to a resource, in the words RBAC knows. */
export interface ResourceRequest {
  verb: string;
  type: ResourceType;
  namespace: string;
  name: string;
  subresource: string;
  /** What follows `proxy/`. */
  rest: string;
  query: URLSearchParams;
  user: User;
  raw: IncomingMessage;
}

export interface ResourcePath {
  apiVersion: string;
  group: string;
  namespace: string;
  resource: string;
  name: string;
  subresource: string;
  rest: string;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`invalid URL escape ${JSON.stringify(part)}`);
  }
}

/** Splits `/api/v1/namespaces/a/pods/b/log` as the real server's RequestInfo resolver does; undefined when it names no resource. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = path.split('/').slice(1).map(decoded);
  if (parts.at(-1) === '') parts.pop();
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const group = core ? '' : (parts[1] ?? '');
  const version = parts[core ? 1 : 2] ?? '';
  const rest = parts.slice(core ? 2 : 3);
  if (rest.length === 0) return undefined;
  let namespace = '';
  let [resource = '', name = '', subresource = ''] = rest;
  let from = 3;
  if (resource === 'namespaces' && rest.length > 2 && subresource !== 'status' && subresource !== 'finalize') {
    namespace = name;
    [, , resource = '', name = '', subresource = ''] = rest;
    from = 5;
  }
  return {
    apiVersion: core ? version : `${group}/${version}`,
    group,
    namespace,
    resource,
    name,
    subresource,
    rest: rest.slice(from).join('/'),
  };
}

/** The verb of a request, as authorization and admission know it. */
export function verbOf(method: string, named: boolean, query: URLSearchParams): string | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (isTrue(query.get('watch'))) return 'watch';
      return named ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

export const isTrue = (value: string | null): boolean => value === 'true' || value === '1' || value === '';
