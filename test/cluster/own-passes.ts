import { serviceAccountToken } from '../../infra/host/identity.ts';
import { createApplier, established, type Manifest, platformObjects } from '../../infra/local/content/apply.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import { createKubeClient, type KubeClient } from '../../shared/kube/client.ts';
import { connectionFrom } from '../../shared/kube/connection.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { NAMESPACES } from '../../shared/kube/resources.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import type { ObjectKey, Reconciler } from '../../shared/reconcile/reconciler.ts';

/** A reconciler's passes on the cluster tier's API server, under the ServiceAccount and the role of its function. */
export interface OwnPasses {
  admin: KubeClient;
  /** Requests that changed something, of all passes. */
  writes(): number;
  /** One pass, killed after so many writes. */
  pass(name: string, steps?: number): Promise<Reply>;
  /** Passes until one writes nothing. */
  settle(name: string): Promise<Reply>;
  close(): Promise<void>;
}

/** Makes the platform's objects, `namespace` and what is to be in it. */
export async function ownPasses<Observed extends { primary: KubeObject | undefined }, Config>(
  {
    reconciler,
    config,
    functionName,
  }: { reconciler: Reconciler<Observed, Config>; config: Config; functionName: string },
  namespace: string,
  objects: readonly Manifest[],
): Promise<OwnPasses> {
  const connection = connectionFrom(process.env);
  const admin = createKubeClient(connection);
  const apply = createApplier(admin, 'cluster-test');
  const { crds, identities } = await platformObjects();
  await apply(crds);
  await established(admin, crds);
  await apply([...identities, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...objects]);
  const { server, ca, skipTlsVerify } = connection;
  const own = createKubeClient({
    server,
    token: serviceAccountToken(admin, 'sympozium-system', functionName),
    ...(ca !== undefined && { ca }),
    ...(skipTlsVerify !== undefined && { skipTlsVerify }),
  });
  let writes = 0;
  let left = Number.POSITIVE_INFINITY;
  const counted =
    <Args extends unknown[], Result>(write: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (left <= 0) throw new Error('The process was killed');
      const result = await write(...args);
      writes += 1;
      left -= 1;
      return result;
    };
  const kube = {
    ...own,
    create: counted(own.create) as KubeClient['create'],
    replace: counted(own.replace) as KubeClient['replace'],
    apply: counted(own.apply) as KubeClient['apply'],
    applyStatus: counted(own.applyStatus) as KubeClient['applyStatus'],
    mergePatch: counted(own.mergePatch) as KubeClient['mergePatch'],
    remove: counted(own.remove),
  };
  const bus = { publish: async () => undefined, remember: async () => undefined, last: async () => undefined };

  function pass(name: string, steps = Number.POSITIVE_INFINITY): Promise<Reply> {
    left = steps;
    const key: ObjectKey = { namespace, name };
    const dependencies = { kube, bus, config, now: () => new Date(), report: () => undefined };
    return reconcile(reconciler, key, dependencies, AbortSignal.timeout(20_000));
  }

  async function settle(name: string): Promise<Reply> {
    for (let pause = 0; pause < 20; pause += 1) {
      const before = writes;
      const reply = await pass(name);
      if (writes === before && reply.outcome === 'settled') return reply;
    }
    throw new Error(`${name} does not settle: ${JSON.stringify(await pass(name))}`);
  }

  return {
    admin,
    writes: () => writes,
    pass,
    settle,
    close: async () => {
      await admin.remove({ resource: NAMESPACES, name: namespace });
      own.close();
      admin.close();
    },
  };
}
