import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate } from '../auth/authenticate.ts';
import { ISSUER } from '../auth/tokens.ts';
import type { ClusterState } from '../cluster-state.ts';
import { aggregated, groupDocument, groupList, resourceList, VERSION } from '../discovery/discovery.ts';
import { openApiDocument, openApiIndex } from '../discovery/openapi.ts';
import { ApiError, forbidden, methodNotAllowed, pathNotFound } from '../status.ts';
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
  await handleResource(cluster, request, response, warnings);
}

function resourceRequest(
  cluster: ClusterState,
  raw: IncomingMessage,
  path: ResourcePath,
  query: URLSearchParams,
  user: User,
): ResourceRequest {
  const { namespace, name, subresource, rest, resource, group } = path;
  const verb = verbOf(raw.method ?? '', name !== '', query);
  if (verb === undefined) throw methodNotAllowed();
  const type = cluster.registry.find(path.apiVersion, resource);
  const scope = namespace === '' && resource === 'namespaces' && group === '' ? name : namespace;
  const attributes = { verb, group, resource, subresource, name, namespace: scope };
  if (!cluster.rbac.allows(user, attributes)) {
    const full = subresource === '' ? resource : `${resource}/${subresource}`;
    const where = scope === '' ? 'at the cluster scope' : `in the namespace "${scope}"`;
    throw forbidden(
      { group, resource, kind: '' },
      name,
      `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`,
    );
  }
  if (type === undefined || (namespace !== '' && !type.namespaced)) throw pathNotFound();
  if (type.namespaced && namespace === '' && name !== '') throw pathNotFound();
  // A namespaced kind is only written to, one by one, within a namespace.
  if (type.namespaced && namespace === '' && verb !== 'list' && verb !== 'watch') {
    if (verb !== 'create' || type.verbs.includes('get')) throw methodNotAllowed();
  }
  return { verb, type, namespace, name, subresource, rest, query, user, raw };
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
    if (wantsAggregated(raw))
      return sendJson(response, 200, JSON.stringify(aggregated(cluster, path === '/api')), [], DISCOVERY_V2);
    return sendJson(response, 200, JSON.stringify(path === '/api' ? apiVersions(raw) : groupList(cluster)));
  }
  const document = documentAt(cluster, path);
  if (document === undefined) return sendText(response, 404, '404 page not found\n');
  sendJson(response, 200, JSON.stringify(document));
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
