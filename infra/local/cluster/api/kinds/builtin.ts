import { typeInfoOf } from '../types/type-info.ts';
import { ALL_VERBS, type KindRules, type ResourceType } from './resource-type.ts';
import { RULES } from './rules.ts';

interface Row {
  kind: string;
  resource: string;
  short?: string[];
  cluster?: boolean;
  sub?: string[];
  categories?: string[];
  verbs?: string[];
  storage?: string;
  /** Go package of the definition where it is not the group's own. */
  package?: string;
}

const CREATE = ['create'];
const ADMISSION = 'admissionregistration';

/** Group and version → its kinds, as `kubectl api-resources` lists them. */
const GROUPS: Record<string, { package: string; rows: Row[] }> = {
  v1: {
    package: 'core',
    rows: [
      { kind: 'Binding', resource: 'bindings', verbs: CREATE },
      { kind: 'ConfigMap', resource: 'configmaps', short: ['cm'] },
      { kind: 'Endpoints', resource: 'endpoints', short: ['ep'] },
      { kind: 'Event', resource: 'events', short: ['ev'] },
      {
        kind: 'Namespace',
        resource: 'namespaces',
        short: ['ns'],
        cluster: true,
        sub: ['status', 'finalize'],
        verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
      },
      { kind: 'Node', resource: 'nodes', short: ['no'], cluster: true, sub: ['status'] },
      { kind: 'PersistentVolumeClaim', resource: 'persistentvolumeclaims', short: ['pvc'], sub: ['status'] },
      { kind: 'PersistentVolume', resource: 'persistentvolumes', short: ['pv'], cluster: true, sub: ['status'] },
      {
        kind: 'Pod',
        resource: 'pods',
        short: ['po'],
        categories: ['all'],
        sub: [
          'status',
          'log',
          'binding',
          'eviction',
          'exec',
          'attach',
          'portforward',
          'proxy',
          'ephemeralcontainers',
          'resize',
        ],
      },
      { kind: 'Secret', resource: 'secrets' },
      { kind: 'ServiceAccount', resource: 'serviceaccounts', short: ['sa'], sub: ['token'] },
      { kind: 'Service', resource: 'services', short: ['svc'], categories: ['all'], sub: ['status', 'proxy'] },
    ],
  },
  'apps/v1': {
    package: 'apps',
    rows: [
      { kind: 'DaemonSet', resource: 'daemonsets', short: ['ds'], categories: ['all'], sub: ['status'] },
      { kind: 'Deployment', resource: 'deployments', short: ['deploy'], categories: ['all'], sub: ['status', 'scale'] },
      { kind: 'ReplicaSet', resource: 'replicasets', short: ['rs'], categories: ['all'], sub: ['status', 'scale'] },
      { kind: 'StatefulSet', resource: 'statefulsets', short: ['sts'], categories: ['all'], sub: ['status', 'scale'] },
    ],
  },
  'batch/v1': {
    package: 'batch',
    rows: [
      { kind: 'CronJob', resource: 'cronjobs', short: ['cj'], categories: ['all'], sub: ['status'] },
      { kind: 'Job', resource: 'jobs', categories: ['all'], sub: ['status'] },
    ],
  },
  'rbac.authorization.k8s.io/v1': {
    package: 'rbac',
    rows: [
      { kind: 'ClusterRoleBinding', resource: 'clusterrolebindings', cluster: true },
      { kind: 'ClusterRole', resource: 'clusterroles', cluster: true },
      { kind: 'RoleBinding', resource: 'rolebindings' },
      { kind: 'Role', resource: 'roles' },
    ],
  },
  'coordination.k8s.io/v1': { package: 'coordination', rows: [{ kind: 'Lease', resource: 'leases' }] },
  'networking.k8s.io/v1': {
    package: 'networking',
    rows: [{ kind: 'NetworkPolicy', resource: 'networkpolicies', short: ['netpol'] }],
  },
  'discovery.k8s.io/v1': { package: 'discovery', rows: [{ kind: 'EndpointSlice', resource: 'endpointslices' }] },
  'events.k8s.io/v1': {
    package: 'events',
    rows: [{ kind: 'Event', resource: 'events', short: ['ev'], storage: 'events' }],
  },
  'policy/v1': {
    package: 'policy',
    rows: [{ kind: 'PodDisruptionBudget', resource: 'poddisruptionbudgets', short: ['pdb'], sub: ['status'] }],
  },
  'storage.k8s.io/v1': {
    package: 'storage',
    rows: [{ kind: 'StorageClass', resource: 'storageclasses', short: ['sc'], cluster: true }],
  },
  'apiextensions.k8s.io/v1': {
    package: 'apiextensions',
    rows: [
      {
        kind: 'CustomResourceDefinition',
        resource: 'customresourcedefinitions',
        short: ['crd', 'crds'],
        categories: ['api-extensions'],
        cluster: true,
        sub: ['status'],
      },
    ],
  },
  'admissionregistration.k8s.io/v1': {
    package: ADMISSION,
    rows: [
      {
        kind: 'MutatingWebhookConfiguration',
        resource: 'mutatingwebhookconfigurations',
        categories: ['api-extensions'],
        cluster: true,
      },
      {
        kind: 'ValidatingWebhookConfiguration',
        resource: 'validatingwebhookconfigurations',
        categories: ['api-extensions'],
        cluster: true,
      },
    ],
  },
  'authentication.k8s.io/v1': {
    package: 'authentication',
    rows: [
      { kind: 'SelfSubjectReview', resource: 'selfsubjectreviews', cluster: true, verbs: CREATE },
      { kind: 'TokenReview', resource: 'tokenreviews', cluster: true, verbs: CREATE },
    ],
  },
  'authorization.k8s.io/v1': {
    package: 'authorization',
    rows: [
      { kind: 'LocalSubjectAccessReview', resource: 'localsubjectaccessreviews', verbs: CREATE },
      { kind: 'SelfSubjectAccessReview', resource: 'selfsubjectaccessreviews', cluster: true, verbs: CREATE },
      { kind: 'SelfSubjectRulesReview', resource: 'selfsubjectrulesreviews', cluster: true, verbs: CREATE },
      { kind: 'SubjectAccessReview', resource: 'subjectaccessreviews', cluster: true, verbs: CREATE },
    ],
  },
};

function definitionOf(packageName: string, kind: string): string {
  if (packageName === 'apiextensions') return `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.${kind}`;
  return `io.k8s.api.${packageName}.v1.${kind}`;
}

function resourceType(apiVersion: string, packageName: string, row: Row): ResourceType {
  const [first = '', second] = apiVersion.split('/');
  const group = second === undefined ? '' : first;
  const rules: KindRules = RULES[`${group}/${row.kind}`] ?? {};
  return {
    group,
    version: second ?? first,
    apiVersion,
    resource: row.resource,
    kind: row.kind,
    listKind: `${row.kind}List`,
    singular: row.kind.toLowerCase(),
    namespaced: row.cluster !== true,
    shortNames: row.short ?? [],
    categories: row.categories ?? [],
    verbs: row.verbs ?? ALL_VERBS,
    subresources: new Set(row.sub ?? []),
    storage: row.storage ?? (group === '' ? row.resource : `${group}/${row.resource}`),
    storageApiVersion: row.storage === 'events' ? 'v1' : apiVersion,
    rules,
    definition: definitionOf(packageName, row.kind),
    typeInfo: () => typeInfoOf(definitionOf(packageName, row.kind)),
  };
}

export function builtinResources(): ResourceType[] {
  return Object.entries(GROUPS).flatMap(([apiVersion, { package: name, rows }]) =>
    rows.map((row) => resourceType(apiVersion, name, row)),
  );
}
