import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { KINDS } from '../../crds/group.ts';
import type { KubeletLogs } from '../../infra/local/cluster/api/cluster-state.ts';
import { startApiServer } from '../../infra/local/cluster/api/server.ts';
import { createKubeClient, type KubeClient } from '../../shared/kube/client.ts';
import { connectionFromKubeconfig } from '../../shared/kube/connection.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { NAMESPACES, PODS, pathOf, type Resource, SECRETS, SERVICE_ACCOUNTS } from '../../shared/kube/resources.ts';
import { KubeStatusError } from '../../shared/kube/status-error.ts';
import type { Connection } from '../../shared/kube/transport.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';

/** A Kubernetes API with our kinds and nobody acting on them. `kube` is the admin's, `connection` the function's own identity. */
export interface ContractCluster {
  connection: Connection;
  kube: KubeClient;
  close(): Promise<void>;
}

const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};
const RBAC = 'rbac.authorization.k8s.io/v1';
const rbac = (plural: string, kind: string): Resource => ({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural,
  kind,
  namespaced: false,
});
const CLUSTER_ROLES = rbac('clusterroles', 'ClusterRole');
const CLUSTER_ROLE_BINDINGS = rbac('clusterrolebindings', 'ClusterRoleBinding');
const IDENTITIES = 'sympozium-system';
const GENERATED = new URL('../../crds/generated/', import.meta.url);
const OPTIONS = { fieldManager: 'contract-test' };

/** The embedded API server; a real one instead when `API_CONTRACT_KUBECONFIG` names its kubeconfig. */
export async function startContractCluster(manifest: FunctionManifest): Promise<ContractCluster> {
  const kubeconfig = process.env['API_CONTRACT_KUBECONFIG'];
  const server = kubeconfig === undefined ? await startApiServer({ kubeletLogs: standInLogs }) : undefined;
  const admin: Connection =
    server === undefined
      ? connectionFromKubeconfig(kubeconfig ?? '')
      : { server: server.url, ca: server.ca, token: () => server.token };
  const kube = createKubeClient(admin);
  await installKinds(kube);
  return {
    connection: { ...anonymous(admin), token: await identityWith(kube, manifest) },
    kube,
    async close() {
      kube.close();
      await server?.close();
    },
  };
}

/** The token of a ServiceAccount that may do what the rules say and nothing else, as a function has when it is deployed. */
export async function identityWith(
  kube: KubeClient,
  { name, rules }: Pick<FunctionManifest, 'name' | 'rules'>,
): Promise<() => string> {
  await createNamespace(kube, IDENTITIES);
  const account = { kind: 'ServiceAccount', name, namespace: IDENTITIES };
  await kube.apply(
    SERVICE_ACCOUNTS,
    { apiVersion: 'v1', kind: account.kind, metadata: { name, namespace: IDENTITIES } },
    OPTIONS,
  );
  const role = { apiVersion: RBAC, kind: 'ClusterRole', metadata: { name }, rules };
  await kube.apply(CLUSTER_ROLES, role, OPTIONS);
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  const binding = { apiVersion: RBAC, kind: 'ClusterRoleBinding', metadata: { name }, roleRef, subjects: [account] };
  await kube.apply(CLUSTER_ROLE_BINDINGS, binding, OPTIONS);
  const { status } = await kube.json<{ status: { token: string } }>({
    method: 'POST',
    path: `${pathOf(SERVICE_ACCOUNTS, IDENTITIES, name)}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
  });
  return () => status.token;
}

export const anonymous = ({ server, ca, skipTlsVerify }: Connection): Connection => ({
  server,
  ...(ca !== undefined && { ca }),
  ...(skipTlsVerify !== undefined && { skipTlsVerify }),
});

/** Kinds that the recorded scenarios seed or look at. */
const RESOURCES: Readonly<Record<string, Resource>> = {
  ...KINDS,
  Secret: SECRETS,
  Pod: PODS,
  Namespace: NAMESPACES,
  CustomResourceDefinition: CRDS,
  Node: { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false },
};

export function resourceOf(kind: string): Resource {
  const resource = RESOURCES[kind];
  if (resource === undefined) throw new Error(`The test knows no kind ${kind}`);
  return resource;
}

export async function createNamespace(kube: KubeClient, name: string): Promise<void> {
  await kube.apply(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, OPTIONS);
}

/** Creates an object with its status, which only the status subresource takes. */
export async function seed(kube: KubeClient, { status, ...object }: KubeObject & { status?: object }): Promise<void> {
  const resource = resourceOf(object.kind);
  await kube.create(resource, object, OPTIONS);
  if (status === undefined) return;
  const path = `${pathOf(resource, object.metadata.namespace, object.metadata.name)}/status`;
  await kube.json({ method: 'PATCH', path, body: { status }, contentType: 'application/merge-patch+json' });
}

/** Rules that a kind has today did not keep anything out that was stored before: it is there all the same. */
export async function seedAsBefore(kube: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  await installKinds(kube, withoutRules);
  for (const object of objects) await retried(() => seed(kube, object));
  await installKinds(kube);
}

const withoutRules = (definition: KubeObject): KubeObject =>
  JSON.parse(JSON.stringify(definition, (key, value) => (key === 'x-kubernetes-validations' ? undefined : value)));

/** A real API server takes up a changed definition a moment later. */
async function retried(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (thrown) {
      if (tries === 20 || !(thrown instanceof KubeStatusError) || thrown.code !== 422) throw thrown;
      await delay(250);
    }
  }
}

async function installKinds(kube: KubeClient, form = (definition: KubeObject) => definition): Promise<void> {
  const files = readdirSync(GENERATED).filter((file) => file.endsWith('.yaml'));
  const definitions = files.map((file) => parse(readFileSync(new URL(file, GENERATED), 'utf8')) as KubeObject);
  for (const definition of definitions) await kube.apply(CRDS, form(definition), OPTIONS);
  const deadline = Date.now() + 15_000;
  for (const resource of Object.values(KINDS)) {
    while (!(await isServed(kube, resource))) {
      if (Date.now() > deadline) throw new Error(`${resource.kind} is not served in time`);
      await delay(50);
    }
  }
}

const isServed = (kube: KubeClient, resource: Resource): Promise<boolean> =>
  kube.page(resource, { limit: 1 }).then(
    () => true,
    () => false,
  );

/** What the recording's stand-in kubelet answered: 250 lines, cut to the tail that is asked for. */
const standInLogs: KubeletLogs = (_namespace, pod, container, { tailLines = 250 }) => {
  const lines = Array.from({ length: 250 }, (_, index) => `${pod} ${container} line ${index + 1}\n`);
  return (async function* log() {
    yield Buffer.from(lines.slice(-tailLines).join(''));
  })();
};
