import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle, ROOT } from '../../infra/bundle/bundle.ts';
import { buildImages } from '../../infra/images/build.ts';
import {
  createApplier,
  documentsOf,
  established,
  type Manifest,
  platformObjects,
} from '../../infra/local/content/apply.ts';
import { installObjects } from '../../infra/manifests/install.ts';
import { createKubeClient, type KubeClient } from '../../shared/kube/client.ts';
import { connectionFromKubeconfig } from '../../shared/kube/connection.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import type { Resource } from '../../shared/kube/resources.ts';
import { kitFolder, startKitCluster } from '../kit/kit.ts';

const run = promisify(execFile);

export interface Platform {
  kube: KubeClient;
  apply(objects: readonly Manifest[]): Promise<void>;
  /** Puts a folder's files below `/srv` of an image with Node, which pods can then name. */
  loadImage(name: string, folder: string): Promise<void>;
  stop(): Promise<void>;
}

export const NAMESPACE = 'agents';
/** The kit's, with a shell and Node. */
export const NODE_IMAGE = 'localhost/kubekit/node:24';
const SYSTEM = 'sympozium-system';

/** The control plane as containers on a real node: images built, manifests applied, everything ready. */
export async function startPlatform(): Promise<Platform> {
  const cluster = await startKitCluster('full');
  try {
    process.env['CLUSTER_DIR'] = cluster.folder;
    await bundle('dist');
    await buildImages({ kit: kitFolder(), registry: 'ghcr.io/sympozium-ai/sympozium', tag: 'latest' });
    // The kit's NATS under the name that the manifest asks for: nothing can be pulled here.
    await run('bash', [join(kitFolder(), 'load-image'), 'nats:2-alpine', join(kitFolder(), 'bin/nats-server')]);

    const kube = createKubeClient(connectionFromKubeconfig(cluster.kubeconfig));
    const apply = createApplier(kube, 'node-test');
    const { crds, identities, content } = await platformObjects();
    await apply(crds);
    await established(kube, crds);
    await apply([...identities, ...content, ...(await installObjects(SYSTEM)), namespace(NAMESPACE)]);
    for (const file of ['nats', 'host', 'relay', 'control-plane-network-policy']) {
      await apply(await documentsOf(join(ROOT, `infra/manifests/${file}.yaml`)));
    }
    const policies = await documentsOf(join(ROOT, 'infra/manifests/agent-network-policy.yaml'));
    await apply(policies.map((policy) => ({ ...policy, metadata: { ...policy.metadata, namespace: NAMESPACE } })));
    for (const name of ['sympozium-apiserver', 'sympozium-relay']) await available(kube, { namespace: SYSTEM, name });
    const loadImage = async (name: string, folder: string) => {
      await run('bash', [join(kitFolder(), 'load-image'), '--from', NODE_IMAGE, '--prefix', '/srv', name, folder]);
    };
    return { kube, apply, loadImage, stop: cluster.stop };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

const namespace = (name: string): Manifest => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

const DEPLOYMENTS: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
};
interface Deployment extends KubeObject {
  status?: { availableReplicas?: number };
}

async function available(kube: KubeClient, at: { namespace: string; name: string }): Promise<void> {
  await eventually(`Deployment ${at.name} is available`, async () => {
    const deployment = await kube.get<Deployment>(DEPLOYMENTS, at);
    return (deployment?.status?.availableReplicas ?? 0) > 0 ? true : undefined;
  });
}

/** Asks until there is an answer; after two minutes says what did not come about. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const until = performance.now() + 120_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > until) throw new Error(`Did not come about within two minutes: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
