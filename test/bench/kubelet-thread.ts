import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FromKubelet, KubeletWorkerData, ToKubelet } from './kubelet-worker.ts';
import type { StandInKubelet } from './stand-in-kubelet.ts';

/** The stand-in kubelet in a thread of its own, so that its work delays no clock of the measuring thread. */
export async function startKubeletThread(
  data: KubeletWorkerData,
  fail: (error: Error) => void,
): Promise<StandInKubelet> {
  const worker = new Worker(new URL('./kubelet-worker.ts', import.meta.url), { workerData: data });
  const post = (message: ToKubelet) => worker.postMessage(message);
  await new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromKubelet) => {
      if (message === 'ready') resolve();
      if (typeof message !== 'object') return;
      const error = new Error(`The stand-in kubelet failed: ${message.error}`);
      reject(error);
      fail(error);
    });
    worker.once('error', reject);
  });
  return {
    setRunMs: (runMs) => post({ runMs }),
    async stop() {
      const exited = once(worker, 'exit');
      post('stop');
      await exited;
    },
  };
}
