import { setTimeout as sleep } from 'node:timers/promises';
import { API_VERSION, KINDS } from '../../../crds/group.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import { connectionFromKubeconfig } from '../../../shared/kube/connection.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import { DEPLOYMENTS, PODS } from '../../../shared/kube/resources.ts';
import { memoryUrl } from '../../../shared/memory/capability.ts';
import { type Cluster, type Scenario, withControlPlane, withNamespace } from '../bench.ts';
import type { ControlPlane } from '../control-plane.ts';
import { startCountingProxy } from '../counting-proxy.ts';
import type { Figure } from '../figure.ts';
import { inParallel, names, timed } from '../load.ts';
import { residentMb } from '../process-memory.ts';
import { proxied } from '../proxied-kubeconfig.ts';
import { isWrite } from '../request-kind.ts';
import { percentile } from '../stats.ts';

const INSTANCES = 1000;
const ENTRIES = 10_000;
const SEARCHES = 300;
const WRITERS = 16;
const QUIET_MS = 60_000;
const POLL_MS = 500;
/** What an instance's creation sets off has come to rest. */
const REST_MS = 15_000;

/** A thousand instances with a memory that nobody uses, and one memory that is used much. */
export const memoryIdle: Scenario = {
  name: 'memory-idle',
  async measure(bench, cluster) {
    const connection = connectionFromKubeconfig(cluster.kubeconfig);
    const proxy = await startCountingProxy(connection);
    try {
      const kubeconfig = await proxied(bench, cluster, 'memory', proxy);
      return await withControlPlane(bench, { relay: kubeconfig, host: kubeconfig }, (plane) =>
        withNamespace(cluster, 'memory', async (namespace) => {
          bench.tell(`${INSTANCES} instances with the skill memory`);
          const began = performance.now();
          await inParallel(names('idle', INSTANCES), WRITERS, (name) => createInstance(cluster, namespace, name));
          const applied = performance.now();
          await allReconciled(cluster, namespace);
          const reconciled = performance.now();
          await sleep(REST_MS);
          bench.tell('a minute of nothing');
          proxy.take();
          await sleep(QUIET_MS);
          const writes = [...proxy.take()].reduce((sum, [kind, times]) => sum + (isWrite(kind) ? times : 0), 0);
          const [idle, made] = [await residentMb(plane.relayPid()), await workloadsIn(cluster, namespace)];
          bench.tell(`${ENTRIES} entries in one memory`);
          const used = await measureUse(plane, namespace);
          return [
            figure('instances applied', (applied - began) / 1000, 's', `${INSTANCES} creates, ${WRITERS} at a time`),
            figure('all reconciled', (reconciled - began) / 1000, 's', 'from the first create to the last phase', 20),
            figure('relay', idle, 'MB', `resident with ${INSTANCES} instances`, 150),
            figure('writes a minute', writes, '', `${INSTANCES} instances at rest; counted by a proxy`, 0),
            figure('pods and Deployments', made, '', `${INSTANCES} instances`, 0),
            ...used,
            figure('relay after use', await residentMb(plane.relayPid()), 'MB', `with ${ENTRIES} entries`, 150),
          ];
        }),
      );
    } finally {
      await proxy.stop();
    }
  },
};

async function createInstance({ kube }: Cluster, namespace: string, name: string): Promise<void> {
  const spec = { agents: { default: { model: 'scripted' } }, skills: [{ skillPackRef: 'memory' }] };
  const object = { apiVersion: API_VERSION, kind: 'SympoziumInstance', metadata: { name, namespace }, spec };
  await kube.create(KINDS.SympoziumInstance, object as KubeObject, { fieldManager: 'bench' });
}

async function allReconciled({ kube }: Cluster, namespace: string): Promise<void> {
  const pending = async () => {
    const { items } = await kube.list<SympoziumInstance>(KINDS.SympoziumInstance, { namespace });
    return items.filter(({ status }) => (status?.phase ?? '') === '').length;
  };
  while ((await pending()) > 0) await sleep(POLL_MS);
}

async function workloadsIn({ kube }: Cluster, namespace: string): Promise<number> {
  const [pods, deployments] = await Promise.all([PODS, DEPLOYMENTS].map((one) => kube.list(one, { namespace })));
  return (pods?.items.length ?? 0) + (deployments?.items.length ?? 0);
}

async function measureUse(plane: ControlPlane, namespace: string): Promise<Figure[]> {
  const owner = { kind: 'instance', namespace, name: 'idle-00000' } as const;
  const url = memoryUrl(plane.memory.url, plane.memory.secret, { owner, access: 'read-write' });
  const stored = await timed(ENTRIES, 4, (n) => post(`${url}/store`, { content: entry(n), tags: ['auto'] }));
  const found = await timed(SEARCHES, 1, (n) =>
    post(`${url}/search`, { query: `Look at topic${n % 500} of service${n % 90}, please.`, top_k: 3 }),
  );
  const from = `${ENTRIES} entries of about 500 bytes in one memory`;
  return [
    figure('store p50', percentile(stored, 0.5), 'ms', `${from}, 4 at a time`),
    figure('store p99', percentile(stored, 0.99), 'ms', `${from}, 4 at a time`),
    figure('search p50', percentile(found, 0.5), 'ms', from),
    figure('search p99', percentile(found, 0.99), 'ms', from),
  ];
}

const entry = (n: number): string =>
  `Task ${n}: topic${n % 500} of service${n % 90}. ${`Detail ${n % 37} about the deployment. `.repeat(14)}`;

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`The memory answered ${response.status}`);
}

function figure(name: string, value: number, unit: Figure['unit'], from: string, limit?: number): Figure {
  return { scenario: 'memory-idle', name, value, unit, from, ...(limit !== undefined && { limit }) };
}
