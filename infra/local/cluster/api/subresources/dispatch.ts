import type { ServerResponse } from 'node:http';
import type { ClusterState } from '../cluster-state.ts';
import type { ResourceRequest } from '../http/request.ts';
import { methodNotAllowed, notImplemented, pathNotFound } from '../status.ts';
import { bindPod } from './binding.ts';
import { evictPod } from './eviction.ts';
import { finalizeNamespace } from './finalize.ts';
import { sendLog } from './log.ts';
import { handleScale } from './scale.ts';
import { issueToken } from './token.ts';

type Handler = (
  cluster: ClusterState,
  request: ResourceRequest,
  response: ServerResponse,
  warnings: string[],
) => Promise<void>;

/** By `<storage>/<subresource>`: the verbs it takes and what answers them. */
const HANDLERS: Record<string, { verbs: string[]; handle: Handler }> = {
  'pods/log': { verbs: ['get'], handle: sendLog },
  'pods/binding': { verbs: ['create'], handle: bindPod },
  'pods/eviction': { verbs: ['create'], handle: evictPod },
  'serviceaccounts/token': { verbs: ['create'], handle: issueToken },
  'namespaces/finalize': { verbs: ['update'], handle: finalizeNamespace },
};

const REFUSED = new Set(['exec', 'attach', 'portforward', 'proxy', 'ephemeralcontainers', 'resize']);

export async function handleSubresource(
  cluster: ClusterState,
  request: ResourceRequest,
  response: ServerResponse,
  warnings: string[],
): Promise<void> {
  const { type, subresource, verb } = request;
  if (!type.subresources.has(subresource)) throw pathNotFound();
  if (REFUSED.has(subresource)) throw notImplemented(`${type.resource}/${subresource}`);
  const known =
    subresource === 'scale'
      ? { verbs: ['get', 'update', 'patch'], handle: handleScale }
      : HANDLERS[`${type.storage}/${subresource}`];
  if (known === undefined) throw pathNotFound();
  if (!known.verbs.includes(verb)) throw methodNotAllowed();
  await known.handle(cluster, request, response, warnings);
}
