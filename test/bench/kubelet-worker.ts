import { parentPort, workerData } from 'node:worker_threads';
import { createKubeClient } from '../../shared/kube/client.ts';
import { connectionFromKubeconfig } from '../../shared/kube/connection.ts';
import { startStandInKubelet } from './stand-in-kubelet.ts';

/** What a worker is started with, and is told afterwards. */
export interface KubeletWorkerData {
  kubeconfig: string;
  folder: string;
}
export type ToKubelet = { runMs: number } | 'stop';
export type FromKubelet = 'ready' | 'stopped' | { error: string };

const { kubeconfig, folder } = workerData as KubeletWorkerData;
const say = (message: FromKubelet) => parentPort?.postMessage(message);
const fail = (error: unknown) =>
  say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
process.on('unhandledRejection', fail);

const kube = createKubeClient(connectionFromKubeconfig(kubeconfig));
try {
  const kubelet = await startStandInKubelet(kube, folder, fail);
  parentPort?.on('message', (message: ToKubelet) => {
    if (message !== 'stop') return kubelet.setRunMs(message.runMs);
    void kubelet
      .stop()
      .catch(fail)
      .finally(() => {
        kube.close();
        say('stopped');
        parentPort?.close();
      });
  });
  say('ready');
} catch (error) {
  fail(error);
}
