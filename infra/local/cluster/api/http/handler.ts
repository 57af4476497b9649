import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate } from '../auth/authenticate.ts';
import { ISSUER } from '../auth/tokens.ts';
import type { ClusterState } from '../cluster-state.ts';
import { aggregated, groupDocument, groupList, resourceList, VERSION } from '../discovery/discovery.ts';
import { openApiDocument, openApiIndex } from '../discovery/openapi.ts';
import { isKnownButNotServed } from '../kinds/not-served.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { ApiError, forbidden, methodNotAllowed, notImplemented, pathNotFound } from '../status.ts';
import { parseResourcePath, type ResourcePath, type ResourceRequest, type User, verbOf } from './request.ts';
import { handleResource } from './resource-handler.ts';
import { sendError, sendJson, sendText } from './respond.ts';

const HEALTH = new Set(['/healthz', '/livez', '/readyz']);
const DISCOVERY_V2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export function createHandler(cluster: ClusterState, adminToken: string): Handler {
  return (request, response) => {
    const warnings: string[] = [];
    handle(cluster, adminToken, request, response, warnings).catch((error: unknown) =>
      sendError(response, error, warnings),
    );
  };
}

async function handle(
  cluster: ClusterState,
  adminToken: string,
  raw: IncomingMessage,
  response: ServerResponse,
  warnings: string[],
): Promise<void> {
  const url = raw.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  if (HEALTH.has(path) || path.startsWith('/livez/') || path.startsWith('/readyz/'))
    return sendText(response, 200, 'ok');
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  if (path === '/version' || path === '/version/') return sendJson(response, 200, JSON.stringify(VERSION));
  const user = authenticate(cluster, adminToken, raw);
  const resourcePath = parseResourcePath(path);
  if (resourcePath === undefined) return handlePath(cluster, user, raw, path, response);
  const request = resourceRequest(cluster, raw, resourcePath, query, user);
  if (request === undefined) return sendText(response, 404, '404 page not found\n');
  await handleResource(cluster, request, response, warnings);
}

function resourceRequest(
  cluster: ClusterState,
  raw: IncomingMessage,
  path: ResourcePath,
  query: URLSearchParams,
  user: User,
): ResourceRequest | undefined {
  const { namespace, name, subresource, rest, resource } = path;
  const verb = verbOf(raw.method ?? '', name !== '', query);
  if (verb === undefined) throw methodNotAllowed();
  authorize(cluster, user, verb, path);
  const type = cluster.registry.find(path.apiVersion, resource);
  if (type === undefined && isKnownButNotServed(path.group, resource))
    throw notImplemented(`${resource}${path.group && `.${path.group}`}`);
  if (!cluster.registry.serves(path.group)) return undefined;
  if (type === undefined || (namespace !== '' && !type.namespaced)) throw pathNotFound();
  checkPlace(type, verb, path);
  return { verb, type, namespace, name, subresource, rest, query, user, raw };
}

function authorize(cluster: ClusterState, user: User, verb: string, path: ResourcePath): void {
  const { group, resource, subresource, name } = path;
  const namespace = path.namespace === '' && resource === 'namespaces' && group === '' ? name : path.namespace;
  if (cluster.rbac.allows(user, { verb, group, resource, subresource, name, namespace })) return;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const why = `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`;
  throw forbidden({ group, resource, kind: '' }, name, why);
}

/** A verb needs a place: one object or a collection, and for a namespaced kind that is written to, a namespace. */
function checkPlace(type: ResourceType, verb: string, { namespace, name, subresource }: ResourcePath): void {
  if (type.namespaced && namespace === '') {
    if (name !== '') throw pathNotFound();
    if (verb !== 'list' && verb !== 'watch' && type.verbs.includes('get')) throw methodNotAllowed();
  }
  if (subresource !== '') return;
  if (name === '' ? verb === 'update' || verb === 'patch' : verb === 'create') throw methodNotAllowed();
}

function checkPath(cluster: ClusterState, user: User, raw: IncomingMessage, path: string): void {
  const verb = (raw.method ?? 'GET').toLowerCase();
  if (cluster.rbac.allows(user, { verb, path })) return;
  throw new ApiError(403, 'Forbidden', `forbidden: User "${user.name}" cannot ${verb} path "${path}"`, {});
}

function wantsAggregated(raw: IncomingMessage): boolean {
  return (
    (raw.headers.accept ?? '').includes('as=APIGroupDiscoveryList') && (raw.headers.accept ?? '').includes('v=v2;')
  );
}

/** Everything that is no resource: discovery, OpenAPI and the keys of the tokens. */
function handlePath(
  cluster: ClusterState,
  user: User,
  raw: IncomingMessage,
  asked: string,
  response: ServerResponse,
): void {
  const path = asked.length > 1 && asked.endsWith('/') ? asked.slice(0, -1) : asked;
  checkPath(cluster, user, raw, path);
  if (path === '/api' || path === '/apis') {
    const core = path === '/api';
    if (wantsAggregated(raw)) sendJson(response, 200, JSON.stringify(aggregated(cluster, core)), [], DISCOVERY_V2);
    else sendJson(response, 200, JSON.stringify(core ? apiVersions(raw) : groupList(cluster)));
    return;
  }
  const document = documentAt(cluster, path);
  if (document === undefined) sendText(response, 404, '404 page not found\n');
  else sendJson(response, 200, JSON.stringify(document));
}

function apiVersions(raw: IncomingMessage): unknown {
  const serverAddress = raw.headers.host ?? '';
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

function documentAt(cluster: ClusterState, path: string): unknown {
  if (path === '/') return { paths: ['/api', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'] };
  if (path === '/api/v1') return resourceList(cluster, 'v1');
  if (path === '/openapi/v3') return openApiIndex(cluster);
  if (path.startsWith('/openapi/v3/')) return openApiDocument(cluster, path.slice('/openapi/v3/'.length));
  if (path === '/openid/v1/jwks') return cluster.tokens.jwks();
  if (path === '/.well-known/openid-configuration') {
    return {
      issuer: ISSUER,
      jwks_uri: '/openid/v1/jwks',
      response_types_supported: ['id_token'],
      id_token_signing_alg_values_supported: ['ES256'],
    };
  }
  const [, apis, group, version, ...rest] = path.split('/');
  if (apis !== 'apis' || group === undefined || rest.length > 0) return undefined;
  return version === undefined ? groupDocument(cluster, group) : resourceList(cluster, `${group}/${version}`);
}
