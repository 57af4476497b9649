import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { type ObjectRef, PODS, pathOf, type Resource, refOf } from '../../shared/kube/resources.ts';
import { isConflict, isNotFound, KubeStatusError } from '../../shared/kube/status-error.ts';
import { servingCertificate } from './kubelet-certificate.ts';
import { type BenchPod, runningStatus, succeededStatus } from './kubelet-statuses.ts';
import { isAdded, isModified, watchObjects } from './object-watch.ts';

const NODE_NAME = 'bench-node';
/** Only pods of such namespaces are taken. */
export const NAMESPACE_PREFIX = 'bench-';

const NODES: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };
const OPTIONS = { fieldManager: 'bench-kubelet' };
/** A thousand pods at once wait for sockets here. */
const DEADLINE_MS = 120_000;

export interface StandInKubelet {
  /** Milliseconds that pods run from now on. */
  setRunMs(ms: number): void;
  stop(): Promise<void>;
}

/**
 * A node without containers: binds each pending pod, reports it Running, ends it after a while with exit 0, and serves a log with
 * the result of an agent. Three requests a pod, as few as a kubelet and a scheduler can do with, so that a burst of a thousand
 * pods measures the control plane.
 */
export async function startStandInKubelet(
  kube: KubeClient,
  folder: string,
  fail: (error: unknown) => void,
): Promise<StandInKubelet> {
  let runMs = 2000;
  let stopped = false;
  const server = createServer(await servingCertificate(kube, NODE_NAME, folder), (request, response) => {
    response.end(logOf(request.url ?? ''));
  });
  await registerNode(kube, await portOf(server));

  const live = async (pod: BenchPod): Promise<void> => {
    const at = refOf(PODS, pod);
    await bind(kube, at);
    const startedAt = new Date();
    await patchStatus(kube, at, runningStatus(pod, startedAt));
    const end = () => {
      if (!stopped) patchStatus(kube, at, succeededStatus(pod, startedAt, new Date())).catch(ignoreGone(fail));
    };
    // Pods that are held for minutes must not hold up the end of the bench.
    setTimeout(end, runMs).unref();
  };
  const pending = await watchObjects<BenchPod>(
    kube,
    PODS,
    { fieldSelector: 'spec.nodeName=' },
    {
      wanted: (line) => isAdded(line),
      seen: (pod) => {
        if (pod.metadata.namespace?.startsWith(NAMESPACE_PREFIX)) live(pod).catch(ignoreGone(fail));
      },
    },
  );
  const leaving = await watchObjects<BenchPod>(
    kube,
    PODS,
    { fieldSelector: `spec.nodeName=${NODE_NAME}` },
    {
      wanted: (line) => isModified(line) && line.includes('"deletionTimestamp":"'),
      seen: (pod) => void removeNow(kube, refOf(PODS, pod)).catch(ignoreGone(fail)),
    },
  );
  for (const watch of [pending, leaving]) watch.ended.catch(fail);
  return {
    setRunMs: (ms) => {
      runMs = ms;
    },
    async stop() {
      stopped = true;
      pending.stop();
      leaving.stop();
      server.close();
      server.closeAllConnections();
      await kube.remove({ resource: NODES, name: NODE_NAME });
    },
  };
}

/** `/containerLogs/<namespace>/<pod>/<container>`: every container writes the same, with its pod's name in the answer. */
function logOf(url: string): string {
  const [, , , pod = ''] = url.split('?')[0]?.split('/') ?? [];
  const metrics = { durationMs: 2000, inputTokens: 10, outputTokens: 20, toolCalls: 1 };
  const result = { status: 'success', response: answerOf(pod), metrics };
  return `started\n__SYMPOZIUM_RESULT__${JSON.stringify(result)}__SYMPOZIUM_END__\n`;
}

/** The answer of a pod's agent: no two pods give the same, so that a mix-up shows. */
export const answerOf = (pod: string): string => `The answer of ${pod}`;

function portOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)); // A listener on TCP has such an address.
  });
}

/** Refuses a cluster that has nodes: its pods would be torn between two kubelets. */
async function registerNode(kube: KubeClient, port: number): Promise<void> {
  const { items } = await kube.list(NODES);
  const others = items.filter(({ metadata }) => metadata.name !== NODE_NAME);
  if (others.length > 0)
    throw new Error('The cluster has nodes of its own; the bench needs a control plane without any');
  if (items.length > 0) await kube.remove({ resource: NODES, name: NODE_NAME });
  await kube.create<KubeObject>(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE_NAME } }, OPTIONS);
  const capacity = { cpu: '1000', memory: '1000Gi', pods: '10000' };
  await patchStatus(
    kube,
    { resource: NODES, name: NODE_NAME },
    {
      capacity,
      allocatable: capacity,
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'stand-in' }],
    },
  );
}

async function bind(kube: KubeClient, { namespace, name }: ObjectRef): Promise<void> {
  const target = { apiVersion: 'v1', kind: 'Node', name: NODE_NAME };
  const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target };
  await kube.json({ method: 'POST', path: `${pathOf(PODS, namespace, name)}/binding`, body, deadlineMs: DEADLINE_MS });
}

async function patchStatus(kube: KubeClient, at: ObjectRef, status: object): Promise<void> {
  await kube.json({
    method: 'PATCH',
    path: `${pathOf(at.resource, at.namespace, at.name)}/status`,
    query: OPTIONS,
    body: { status },
    contentType: 'application/merge-patch+json',
    deadlineMs: DEADLINE_MS,
  });
}

/** A pod on its way out goes when its kubelet says that nothing of it runs. */
async function removeNow(kube: KubeClient, { namespace, name, uid }: ObjectRef): Promise<void> {
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid } };
  await kube.json({ method: 'DELETE', path: pathOf(PODS, namespace, name), body, deadlineMs: DEADLINE_MS });
}

/** A pod may be deleted at any moment, and its namespace with it; binding one that is on its way out is a conflict. */
const ignoreGone = (fail: (error: unknown) => void) => (error: unknown) => {
  const terminating = error instanceof KubeStatusError && error.code === 403 && error.message.includes('terminated');
  if (!isNotFound(error) && !isConflict(error) && !terminating) fail(error);
};
