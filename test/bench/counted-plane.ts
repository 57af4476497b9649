import { connectionFromKubeconfig } from '../../shared/kube/connection.ts';
import { type Bench, type Cluster, withControlPlane, withNamespace } from './bench.ts';
import type { ControlPlane } from './control-plane.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { proxied } from './proxied-kubeconfig.ts';

/** Requests by kind, such as `POST jobs 201`, of relay and host. */
interface Counts {
  relay: Map<string, number>;
  host: Map<string, number>;
}

export interface CountedPlane {
  plane: ControlPlane;
  namespace: string;
  /** What was asked of the API server since it was last asked here. */
  take(): Counts;
}

/** Runs `work` beside a control plane whose requests are counted by a proxy of each of its programs, in a namespace of its own. */
export async function withCountedPlane<T>(
  bench: Bench,
  cluster: Cluster,
  purpose: string,
  work: (counted: CountedPlane) => Promise<T>,
): Promise<T> {
  const connection = connectionFromKubeconfig(cluster.kubeconfig);
  const proxies = { relay: await startCountingProxy(connection), host: await startCountingProxy(connection) };
  try {
    const kubeconfigs = {
      relay: await proxied(bench, cluster, 'relay', proxies.relay),
      host: await proxied(bench, cluster, 'host', proxies.host),
    };
    const take = () => ({ relay: proxies.relay.take(), host: proxies.host.take() });
    return await withControlPlane(bench, kubeconfigs, (plane) =>
      withNamespace(cluster, purpose, (namespace) => work({ plane, namespace, take })),
    );
  } finally {
    await proxies.relay.stop();
    await proxies.host.stop();
  }
}
