import type { ServerResponse } from 'node:http';
import type { ClusterState } from '../cluster-state.ts';
import { readObject } from '../http/body.ts';
import type { ResourceRequest } from '../http/request.ts';
import { sendJson } from '../http/respond.ts';
import { at } from '../object.ts';
import { notFound } from '../status.ts';

/** Sets `spec.finalizers` of a namespace; one that is being deleted and has none left is gone. */
export async function finalizeNamespace(
  cluster: ClusterState,
  request: ResourceRequest,
  response: ServerResponse,
): Promise<void> {
  const body = await readObject(request.raw);
  const entry = cluster.store.get('namespaces', request.name);
  if (entry === undefined) throw notFound(request.type, request.name);
  const finalizers = at(body, 'spec', 'finalizers');
  const left = Array.isArray(finalizers) && finalizers.length > 0;
  const { deletionTimestamp, finalizers: metaFinalizers = [] } = entry.object.metadata;
  const next = { ...entry.object, spec: left ? { finalizers } : {} };
  const gone = deletionTimestamp !== undefined && !left && metaFinalizers.length === 0;
  const result = gone
    ? cluster.store.delete('namespaces', request.name, next)
    : cluster.store.put('namespaces', request.name, next);
  sendJson(response, 200, result?.json ?? entry.json);
}
