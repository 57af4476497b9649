import { startKitCluster } from '../kit/kit.ts';

/** The cluster tier runs against `KUBECONFIG`, or else against a control plane of the test kit that it starts and ends. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['KUBECONFIG']) return undefined;
  const cluster = await startKitCluster('control-plane');
  process.env['KUBECONFIG'] = cluster.kubeconfig;
  return cluster.stop;
}
