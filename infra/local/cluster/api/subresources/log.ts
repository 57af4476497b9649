import type { ServerResponse } from 'node:http';
import type { ClusterState, LogOptions } from '../cluster-state.ts';
import { isTrue, type ResourceRequest } from '../http/request.ts';
import { at, type KubeObject } from '../object.ts';
import { badRequest, notFound, notImplemented } from '../status.ts';

function containerNames({ spec }: KubeObject, list: string): string[] {
  const containers = spec?.[list];
  return Array.isArray(containers) ? containers.map((container) => `${at(container, 'name')}`) : [];
}

function containerFor(pod: KubeObject, asked: string): string {
  const name = pod.metadata.name ?? '';
  const own = containerNames(pod, 'containers');
  const init = containerNames(pod, 'initContainers');
  if (asked !== '') {
    if (![...own, ...init].includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  if (own.length === 1) return own[0] ?? '';
  const initText = init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${own.join(' ')}]${initText}`);
}

function optionsOf(query: URLSearchParams, signal: AbortSignal): LogOptions {
  const flag = (name: string): boolean => query.has(name) && isTrue(query.get(name));
  const count = (name: 'tailLines' | 'sinceSeconds' | 'limitBytes') =>
    query.has(name) ? { [name]: Number(query.get(name)) } : {};
  const sinceTime = query.get('sinceTime');
  return {
    follow: flag('follow'),
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    ...count('tailLines'),
    ...count('sinceSeconds'),
    ...count('limitBytes'),
    ...(sinceTime === null ? {} : { sinceTime }),
    signal,
  };
}

/** A container's log, from the kubelet, as it comes. */
export async function sendLog(
  cluster: ClusterState,
  request: ResourceRequest,
  response: ServerResponse,
): Promise<void> {
  const { namespace, name, query, type } = request;
  const pod = cluster.store.get('pods', `${namespace}/${name}`)?.object;
  if (pod === undefined) throw notFound(type, name);
  const container = containerFor(pod, query.get('container') ?? '');
  if (!pod.spec?.['nodeName']) throw badRequest(`pod ${name} does not have a host assigned`);
  if (cluster.kubeletLogs === undefined) throw notImplemented('pods/log without a kubelet');
  const aborted = new AbortController();
  response.once('close', () => aborted.abort());
  let log: AsyncIterable<Buffer>;
  try {
    log = await cluster.kubeletLogs(namespace, name, container, optionsOf(query, aborted.signal));
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : 'the log is not available');
  }
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  for await (const chunk of log) {
    if (response.destroyed) break;
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}
