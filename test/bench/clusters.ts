import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle, ROOT } from '../../infra/bundle/bundle.ts';
import { supervise } from '../../infra/local/processes.ts';
import { createKubeClient } from '../../shared/kube/client.ts';
import { connectionFromKubeconfig } from '../../shared/kube/connection.ts';
import { type Bench, type Cluster, install } from './bench.ts';
import { endWithBench } from './children.ts';
import { startKubeletThread } from './kubelet-thread.ts';

/** Runs `work` on the control plane that a kubeconfig names, with the kinds installed and a stand-in kubelet. */
export async function withRealCluster<T>(
  bench: Bench,
  kubeconfig: string,
  work: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const kube = createKubeClient(connectionFromKubeconfig(kubeconfig));
  // What is measured without its pods' kubelet means nothing.
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const kubelet = await startKubeletThread({ kubeconfig, folder: bench.folder }, failed.reject);
  try {
    await install({ kubeconfig, kube });
    return await Promise.race([work({ kubeconfig, kube, kubelet }), failed.promise]);
  } finally {
    await kubelet.stop();
    kube.close();
  }
}

/** Runs `work` on an embedded cluster of its own, whose kubelet runs the real agents. */
export async function withEmbeddedCluster<T>(bench: Bench, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const folder = join(bench.folder, 'cluster');
  await mkdir(folder);
  await bundle(join(folder, 'dist'));
  const { PATH, HOME, TMPDIR } = process.env;
  const server = await supervise(
    {
      name: 'cluster',
      command: process.execPath,
      args: [
        join(ROOT, 'infra/local/cluster/main.ts'),
        ...['--data-dir', folder, '--programs', join(folder, 'dist/pods'), '--exit-with-parent'],
      ],
      env: { PATH, HOME, TMPDIR, CLUSTER_TOKEN: randomBytes(24).toString('base64url') },
      logFile: join(folder, 'cluster.log'),
      ready: 'line',
    },
    bench.tell,
  );
  endWithBench(server);
  const kubeconfig = join(folder, 'kubeconfig');
  const kube = createKubeClient(connectionFromKubeconfig(kubeconfig));
  try {
    await install({ kubeconfig, kube });
    return await work({ kubeconfig, kube });
  } finally {
    kube.close();
    await server.stop();
  }
}
