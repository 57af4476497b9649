import type { ServerResponse } from 'node:http';
import type { ClusterState } from '../cluster-state.ts';
import { readObject } from '../http/body.ts';
import type { ResourceRequest } from '../http/request.ts';
import { sendJson } from '../http/respond.ts';
import { at, rfc3339 } from '../object.ts';
import { conflict, fieldError, invalid, notFound } from '../status.ts';

/** Puts a pod on a node, once. */
export async function bindPod(
  cluster: ClusterState,
  request: ResourceRequest,
  response: ServerResponse,
): Promise<void> {
  const { namespace, name, type } = request;
  const body = await readObject(request.raw);
  const node = at(body, 'target', 'name');
  if (typeof node !== 'string' || node === '')
    throw invalid({ ...type, kind: 'Binding' }, name, [fieldError.required('target.name')]);
  const entry = cluster.store.get('pods', `${namespace}/${name}`);
  if (entry === undefined) throw notFound(type, name);
  const { spec = {}, status = {}, metadata } = entry.object;
  if (metadata.deletionTimestamp !== undefined)
    throw conflict(
      { ...type, resource: 'pods/binding' },
      name,
      `pod ${name} is being deleted, cannot be assigned to a host`,
    );
  if (spec['nodeName'])
    throw conflict(
      { ...type, resource: 'pods/binding' },
      name,
      `pod ${name} is already assigned to node "${spec['nodeName']}"`,
    );
  const conditions = Array.isArray(status['conditions'])
    ? status['conditions'].filter((condition) => at(condition, 'type') !== 'PodScheduled')
    : [];
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: rfc3339(cluster.now()),
  };
  cluster.store.put('pods', entry.key, {
    ...entry.object,
    spec: { ...spec, nodeName: node },
    status: { ...status, conditions: [...conditions, scheduled] },
  });
  sendJson(
    response,
    201,
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }),
  );
}
