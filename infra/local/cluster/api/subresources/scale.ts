import type { ServerResponse } from 'node:http';
import { mergePatch } from '../../apply/merge-patch.ts';
import type { ClusterState } from '../cluster-state.ts';
import { parseJson, patchTypeOf, readBody, readObject } from '../http/body.ts';
import type { ResourceRequest } from '../http/request.ts';
import { sendJson } from '../http/respond.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { at, isRecord, type KubeObject } from '../object.ts';
import { fieldError, invalid, notImplemented } from '../status.ts';
import { getObject } from '../verbs/read.ts';
import { replace } from '../verbs/update.ts';
import { writeContext } from '../verbs/write-context.ts';

function selectorText(selector: unknown): string {
  const labels = at(selector, 'matchLabels');
  return isRecord(labels)
    ? Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(',')
    : '';
}

function pathsOf(type: ResourceType): { spec: string[]; status: string[] } {
  const { spec = '.spec.replicas', status = '.status.replicas' } = type.custom?.scalePaths ?? {};
  return { spec: spec.split('.').slice(1), status: status.split('.').slice(1) };
}

function selectorOf(type: ResourceType, object: KubeObject): string {
  if (type.custom === undefined) return selectorText(object.spec?.['selector']);
  const path = type.custom.scalePaths?.selector;
  return path === undefined ? '' : `${at(object, ...path.split('.').slice(1)) ?? ''}`;
}

/** The Scale of an object. */
function scaleOf(type: ResourceType, object: KubeObject): Record<string, unknown> {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const paths = pathsOf(type);
  const replicas = Number(at(object, ...paths.spec) ?? 0);
  const selector = selectorOf(type, object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: Number(at(object, ...paths.status) ?? 0), ...(selector === '' ? {} : { selector }) },
  };
}

function withReplicas(object: KubeObject, [first = '', ...rest]: string[], replicas: number): KubeObject {
  const set = (value: unknown, path: string[]): unknown => {
    const [key, ...more] = path;
    if (key === undefined) return replicas;
    return { ...(isRecord(value) ? value : {}), [key]: set(isRecord(value) ? value[key] : undefined, more) };
  };
  return { ...object, [first]: set(object[first], rest) };
}

async function wantedScale(
  request: ResourceRequest,
  current: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  if (request.verb === 'update') return readObject(request.raw);
  const patchType = patchTypeOf(request.raw.headers['content-type'], true);
  if (patchType !== 'application/merge-patch+json') throw notImplemented(`${patchType} of scale`);
  const outcome = mergePatch(current, parseJson(await readBody(request.raw)));
  return 'object' in outcome ? outcome.object : current;
}

export async function handleScale(
  cluster: ClusterState,
  request: ResourceRequest,
  response: ServerResponse,
  warnings: string[],
): Promise<void> {
  const { type, name } = request;
  const current = scaleOf(type, getObject(cluster, request).object);
  if (request.verb === 'get') return sendJson(response, 200, JSON.stringify(current));
  const wanted = await wantedScale(request, current);
  const replicas = Number(at(wanted, 'spec', 'replicas') ?? 0);
  if (replicas < 0) {
    throw invalid({ group: 'autoscaling', resource: 'scales', kind: 'Scale' }, name, [
      fieldError.invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ]);
  }
  const resourceVersion = at(wanted, 'metadata', 'resourceVersion');
  const { entry } = await replace(writeContext(cluster, { ...request, verb: 'patch' }, warnings), (live) => {
    const next = withReplicas(live, pathsOf(type).spec, replicas);
    const precondition = typeof resourceVersion === 'string' ? { resourceVersion } : {};
    return { next: { ...next, metadata: { ...next.metadata, ...precondition } }, owned: false };
  });
  sendJson(response, 200, JSON.stringify(scaleOf(type, entry.object)), warnings);
}
