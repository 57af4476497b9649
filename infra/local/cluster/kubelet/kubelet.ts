/**
 * The node of the embedded cluster: binds pods to itself, runs their containers as local processes and keeps their
 * status current. How containers are kept apart from the host, and which network they get, is in `isolation.ts`; which
 * images can run is the caller's `images` (`images.ts`).
 *
 * On disk, under `dir`: `pods/<uid>/volumes/<name>` and `pods/<uid>/containers/<name>/{record.json,<n>.log,<n>/}` (n counts
 * restarts), `claims/pvc-<uid>`. The record is written before a process starts, so that after a crash of this program a
 * container is either taken up again, or reported as ended with code 255; it is never run a second time by mistake.
 *
 * Programs of ours find in their environment `SYMPOZIUM_ISOLATION` (none, bwrap, unshare), `SYMPOZIUM_ALLOW_HOST_COMMANDS`
 * (`true` when the user allowed it) and, without isolation, `SYMPOZIUM_ROOTFS_MAP` (JSON: mount path → folder of the host).
 */
import { mkdir } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { createKubeClient } from '../../../../shared/kube/client.ts';
import { PODS, SERVICE_ACCOUNTS } from '../../../../shared/kube/resources.ts';
import type { Connection } from '../../../../shared/kube/transport.ts';
import type { PersistentVolumeClaim, Pod } from '../client/core-types.ts';
import type { Informer, Informers } from '../client/informer.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../client/resources.ts';
import { startClaims } from './claims.ts';
import { createEventRecorder } from './event-recorder.ts';
import type { ImageSource } from './images.ts';
import { detectIsolation, type IsolationKind } from './isolation.ts';
import { endLeftovers } from './leftovers.ts';
import { type LogQuery, readLog } from './log-reader.ts';
import { nodeLabels, registerNode, setReady } from './node-object.ts';
import { dataReader, requestToken } from './object-data.ts';
import type { BackOff } from './pod-actions.ts';
import type { PodContext } from './pod-context.ts';
import { createPodWorker, type PodWorker } from './pod-worker.ts';
import { readProcessTable } from './process-table.ts';
import { startScheduler } from './scheduler.ts';
import { type ServiceAccount, withServiceAccountVolume } from './service-account-volume.ts';

export interface KubeletOptions {
  connection: Connection;
  informers: Informers;
  dir: string;
  images: ImageSource;
  nodeName?: string;
  /** Forces one kind of isolation; by default the strongest that works. */
  isolation?: IsolationKind;
  allowHostCommands?: boolean;
  allowHostPath?: boolean;
  backOff?: BackOff;
  log?(message: string): void;
}

export interface Kubelet {
  isolation: IsolationKind;
  /** A container's log. Throws with a message for people when there is none. */
  logs(
    namespace: string,
    pod: string,
    container: string,
    query: LogQuery & { previous?: boolean },
  ): AsyncIterable<Buffer>;
  /** Ends every pod's processes (TERM, then KILL after `graceMs`). */
  close(graceMs?: number): Promise<void>;
}

const ADDRESS = '127.0.0.1';
const LIMITS_EVERY_MS = 1_000;
const HEARTBEAT_MS = 300_000;
const CLOSE_GRACE_MS = 3_000;

export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { connection, informers, dir, images, nodeName = 'local', log = () => undefined } = options;
  await mkdir(join(dir, 'pods'), { recursive: true, mode: 0o711 });
  const isolation = await detectIsolation(dir, options.isolation);
  const client = createKubeClient(connection);
  const events = createEventRecorder(client, 'kubelet', log);
  const pods = informers.of<Pod>(PODS);
  const claimInformer = informers.of<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
  const claims = startClaims({ client, claims: claimInformer, pods, log }, dir);
  const context: PodContext = {
    ...{ client, events, dir, images, isolation, log },
    node: { nodeName, address: ADDRESS, cpus: cpus().length, memoryBytes: totalmem() },
    allowHostCommands: options.allowHostCommands === true,
    allowHostPath: options.allowHostPath === true,
    backOff: options.backOff ?? { firstMs: 10_000, maxMs: 300_000 },
    clusterEnv: clusterEnv(connection),
    readerFor: (namespace) => dataReader(client, namespace),
    tokenFor: (request) => requestToken(client, request),
    claimFolder: (namespace, name) => claims.folder(namespace, name),
  };
  await registerNode(client, nodeName, ADDRESS);
  await pods.synced;
  await endLeftovers(dir, new Set(pods.list().map((pod) => pod.metadata.uid ?? '')));
  const accounts = informers.of<ServiceAccount>(SERVICE_ACCOUNTS);
  await accounts.synced;
  const accountOf = ({ metadata, spec }: Pod) => accounts.get(metadata.namespace, spec.serviceAccountName ?? 'default');
  const workers = runPods(context, pods, (pod) => withServiceAccountVolume(pod, accountOf(pod)));
  const scheduler = startScheduler({ client, pods, events, log }, { name: nodeName, labels: nodeLabels(nodeName) });
  const limits = setInterval(() => void enforceLimits(workers.values()), LIMITS_EVERY_MS);
  const heartbeat = setInterval(
    () => void setReady(client, nodeName, ADDRESS, true).catch(() => undefined),
    HEARTBEAT_MS,
  );

  return {
    isolation: isolation.kind,
    logs: (namespace, name, container, query) => podLog(workers, pods.get(namespace, name), container, query),
    async close(graceMs = CLOSE_GRACE_MS) {
      clearInterval(limits);
      clearInterval(heartbeat);
      await scheduler.close();
      await Promise.all([...workers.values()].map((worker) => worker.shutDown(graceMs)));
      await claims.close();
      await events.flush();
      await setReady(client, nodeName, ADDRESS, false).catch(() => undefined);
      client.close();
    },
  };
}

/** One worker per pod bound to this node, by UID: a namesake is another pod. */
function runPods(context: PodContext, pods: Informer<Pod>, complete: (pod: Pod) => Pod): Map<string, PodWorker> {
  const workers = new Map<string, PodWorker>();
  pods.onChange(({ type, object }) => {
    const uid = object.metadata.uid ?? '';
    if (object.spec.nodeName !== context.node.nodeName) return;
    const worker = workers.get(uid);
    if (type === 'DELETED') {
      workers.delete(uid);
      void worker?.remove();
    } else if (worker === undefined) workers.set(uid, createPodWorker(complete(object), context));
    else worker.update(complete(object));
  });
  return workers;
}

async function enforceLimits(workers: Iterable<PodWorker>): Promise<void> {
  const active = [...workers].filter((worker) => worker.active());
  if (active.length === 0) return;
  const table = readProcessTable();
  for (const worker of active) await worker.enforceLimits(table);
}

/** Refuses at the call, not at the first read: by then an answer would have begun. */
function podLog(
  workers: ReadonlyMap<string, PodWorker>,
  pod: Pod | undefined,
  container: string,
  query: LogQuery & { previous?: boolean },
): AsyncIterable<Buffer> {
  const name = pod?.metadata.name ?? '';
  const log = workers.get(pod?.metadata.uid ?? '')?.log(container, query.previous === true);
  if (log === undefined) {
    if (query.previous === true)
      throw new Error(`previous terminated container "${container}" in pod "${name}" not found`);
    throw new Error(`container "${container}" in pod "${name}" is waiting to start: ${waitingReason(pod, container)}`);
  }
  return encoded(readLog(log.file, query, log.ended));
}

async function* encoded(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const line of lines) yield Buffer.from(line);
}

function waitingReason(pod: Pod | undefined, container: string): string {
  const all = [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
  return all.find(({ name }) => name === container)?.state.waiting?.reason ?? 'ContainerCreating';
}

/** Where in-cluster clients look for the API server. */
function clusterEnv({ server }: Connection): Record<string, string> {
  const url = new URL(server);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return { KUBERNETES_SERVICE_HOST: url.hostname, KUBERNETES_SERVICE_PORT: port, KUBERNETES_SERVICE_PORT_HTTPS: port };
}
