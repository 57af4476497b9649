import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectionFromKubeconfig } from '../../../shared/kube/connection.ts';
import type { Connection } from '../../../shared/kube/transport.ts';
import { startApiServer } from './api/server.ts';
import { createInformers } from './client/informer.ts';
import { startControllers } from './controllers/controllers.ts';
import type { JobPlanConfig } from './controllers/job-plan.ts';
import type { ImageSource } from './kubelet/images.ts';
import type { IsolationKind } from './kubelet/isolation.ts';
import { type Kubelet, startKubelet } from './kubelet/kubelet.ts';
import type { BackOff } from './kubelet/pod-actions.ts';

export interface ClusterOptions {
  dataDir: string;
  images: ImageSource;
  host?: string;
  /** 0 (the default) takes any free port. */
  port?: number;
  /** The administrator's token; made up when not given. */
  token?: string;
  isolation?: IsolationKind;
  allowHostCommands?: boolean;
  allowHostPath?: boolean;
  /** Between restarts of a container, and before a Job replaces a failed pod; Kubernetes' times unless told. */
  backOff?: BackOff;
  jobs?: JobPlanConfig;
  log?(message: string): void;
}

export interface Cluster {
  url: string;
  token: string;
  /** Path of a kubeconfig for the administrator. */
  kubeconfig: string;
  connection: Connection;
  isolation: IsolationKind;
  /** Ends every pod, then the cluster itself. What is stored stays. */
  close(): Promise<void>;
}

/** The embedded cluster in this process: API server, controllers and kubelet over one data folder. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { dataDir, host = '127.0.0.1', port = 0, log = () => undefined } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const { promise: kubeletStarted, resolve: announceKubelet } = Promise.withResolvers<Kubelet>();
  const server = await startApiServer({
    dataDir: join(dataDir, 'api'),
    port,
    host,
    token: options.token ?? (await adminToken(dataDir)),
    // The kubelet needs the API server to start, and the API server the kubelet to read logs.
    kubeletLogs: async (namespace, pod, container, query) =>
      (await kubeletStarted).logs(namespace, pod, container, query),
  });
  const kubeconfig = join(dataDir, 'kubeconfig');
  await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
  const connection = connectionFromKubeconfig(kubeconfig);
  const informers = createInformers(connection, log);
  const controllers = startControllers({
    ...{ connection, informers, rootCa: server.ca, log },
    ...(options.jobs !== undefined && { jobs: options.jobs }),
  });
  const closeRest = async (): Promise<void> => {
    informers.close();
    await server.close();
  };
  const starting = startKubelet({
    ...{ connection, informers, dir: join(dataDir, 'kubelet'), images: options.images, log },
    ...(options.isolation !== undefined && { isolation: options.isolation }),
    ...(options.backOff !== undefined && { backOff: options.backOff }),
    allowHostCommands: options.allowHostCommands === true,
    allowHostPath: options.allowHostPath === true,
  });
  const kubelet = await starting.catch(async (error: unknown) => {
    await controllers.close();
    await closeRest();
    throw error;
  });
  announceKubelet(kubelet);
  return {
    ...{ url: server.url, token: server.token, kubeconfig, connection, isolation: kubelet.isolation },
    async close() {
      // In this order: a controller would replace the pods that the kubelet ends.
      await controllers.close();
      await kubelet.close();
      await closeRest();
    },
  };
}

/** The administrator's token is made once, so that a kubeconfig that was copied stays good. */
async function adminToken(dataDir: string): Promise<string> {
  const file = join(dataDir, 'admin-token');
  const fresh = randomBytes(24).toString('base64url');
  await writeFile(file, fresh, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return readFile(file, 'utf8');
}
