import { randomUUID } from 'node:crypto';
import type { ClusterState } from './cluster-state.ts';
import { type KubeObject, rfc3339 } from './object.ts';

const RBAC = 'rbac.authorization.k8s.io';
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const all = (verbs: string[], groups: string[], resources: string[]) => ({ verbs, apiGroups: groups, resources });

const PLAIN = [
  'bindings configmaps endpoints events namespaces persistentvolumeclaims pods pods/log pods/status serviceaccounts services'.split(
    ' ',
  ),
  'daemonsets deployments deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale'.split(' '),
] as const;
const VIEW = [
  all(READ, [''], [...PLAIN[0]]),
  all(READ, ['apps'], [...PLAIN[1]]),
  all(READ, ['batch'], ['cronjobs', 'jobs']),
  all(READ, ['networking.k8s.io'], ['networkpolicies']),
  all(READ, ['discovery.k8s.io'], ['endpointslices']),
  all(READ, ['policy'], ['poddisruptionbudgets']),
];
const EDIT = [
  ...VIEW,
  all([...READ, ...WRITE], [''], ['secrets']),
  all(
    WRITE,
    [''],
    'configmaps endpoints events persistentvolumeclaims pods pods/eviction serviceaccounts services'.split(' '),
  ),
  all(['create'], [''], ['serviceaccounts/token']),
  all(WRITE, ['apps'], [...PLAIN[1]]),
  all(WRITE, ['batch'], ['cronjobs', 'jobs']),
  all(WRITE, ['networking.k8s.io'], ['networkpolicies']),
  all(WRITE, ['policy'], ['poddisruptionbudgets']),
];
const DISCOVERY = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];
const INFO = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

const ROLES: Record<string, unknown[]> = {
  'cluster-admin': [all(['*'], ['*'], ['*']), { verbs: ['*'], nonResourceURLs: ['*'] }],
  admin: [
    ...EDIT,
    all([...READ, ...WRITE], [RBAC], ['rolebindings', 'roles']),
    all(['create'], ['authorization.k8s.io'], ['localsubjectaccessreviews']),
  ],
  edit: EDIT,
  view: VIEW,
  'system:discovery': [{ verbs: ['get'], nonResourceURLs: DISCOVERY }],
  'system:public-info-viewer': [{ verbs: ['get'], nonResourceURLs: INFO }],
  'system:basic-user': [
    all(['create'], ['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']),
    all(['create'], ['authentication.k8s.io'], ['selfsubjectreviews']),
  ],
  'system:auth-delegator': [
    all(['create'], ['authentication.k8s.io'], ['tokenreviews']),
    all(['create'], ['authorization.k8s.io'], ['subjectaccessreviews']),
  ],
};
const BINDINGS: Record<string, string[]> = {
  'cluster-admin': ['system:masters'],
  'system:discovery': ['system:authenticated'],
  'system:public-info-viewer': ['system:authenticated', 'system:unauthenticated'],
  'system:basic-user': ['system:authenticated'],
};
const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** The objects every cluster has, where they are not there yet: namespaces, default roles and their bindings. */
export function bootstrap(cluster: ClusterState): void {
  const ensure = (
    storage: string,
    name: string,
    rest: Omit<KubeObject, 'metadata'>,
    labels: Record<string, string>,
  ): void => {
    if (cluster.store.get(storage, name) !== undefined) return;
    const metadata = { name, uid: randomUUID(), creationTimestamp: rfc3339(cluster.now()), labels };
    cluster.store.put(storage, name, { ...rest, metadata } as KubeObject);
  };
  const rbac = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
  for (const [name, rules] of Object.entries(ROLES)) {
    ensure(`${RBAC}/clusterroles`, name, { kind: 'ClusterRole', apiVersion: `${RBAC}/v1`, rules }, rbac);
  }
  for (const [name, groups] of Object.entries(BINDINGS)) {
    const subjects = groups.map((group) => ({ kind: 'Group', apiGroup: RBAC, name: group }));
    const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name };
    ensure(
      `${RBAC}/clusterrolebindings`,
      name,
      { kind: 'ClusterRoleBinding', apiVersion: `${RBAC}/v1`, subjects, roleRef },
      rbac,
    );
  }
  const ensureAccount = (namespace: string): void => ensureDefaultAccount(cluster, namespace);
  cluster.store.collection('namespaces').listeners.add(({ next }) => {
    if (next !== undefined && next.object.metadata.deletionTimestamp === undefined) ensureAccount(next.key);
  });
  for (const name of NAMESPACES) {
    const spec = { finalizers: ['kubernetes'] };
    const labels = { 'kubernetes.io/metadata.name': name };
    ensure('namespaces', name, { kind: 'Namespace', apiVersion: 'v1', spec, status: { phase: 'Active' } }, labels);
  }
}

/** A namespace has its `default` account from the start, so that the first pod is not refused for want of it. */
function ensureDefaultAccount({ store, now }: ClusterState, namespace: string): void {
  const key = `${namespace}/default`;
  if (store.get('serviceaccounts', key) !== undefined) return;
  const metadata = { name: 'default', namespace, uid: randomUUID(), creationTimestamp: rfc3339(now()) };
  store.put('serviceaccounts', key, { kind: 'ServiceAccount', apiVersion: 'v1', metadata });
}
