/**
 * Writes generated/builtin-types.json: the field tables of the built-in kinds we serve, taken from the OpenAPI documents of a
 * real API server (`node generate.ts <kubectl>`, with KUBECONFIG set). Run again to move to another Kubernetes version.
 * Descriptions are left out: they are most of the bytes and no behaviour hangs on them.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

type Json = Record<string, unknown>;

const DOCUMENTS = [
  'api/v1',
  ...['apps', 'batch', 'policy'].map((group) => `apis/${group}/v1`),
  ...[
    'rbac.authorization',
    'coordination',
    'networking',
    'discovery',
    'events',
    'apiextensions',
    'admissionregistration',
    'authentication',
    'authorization',
    'storage',
  ].map((group) => `apis/${group}.k8s.io/v1`),
];
const ROOTS = [
  ...['Namespace', 'Pod', 'ConfigMap', 'Secret', 'ServiceAccount', 'Service', 'Endpoints', 'Event', 'Node', 'Binding'],
  ...[
    'PersistentVolumeClaim',
    'PersistentVolume',
    'Deployment',
    'ReplicaSet',
    'DaemonSet',
    'StatefulSet',
    'Job',
    'CronJob',
  ],
  ...[
    'Role',
    'RoleBinding',
    'ClusterRole',
    'ClusterRoleBinding',
    'Lease',
    'NetworkPolicy',
    'EndpointSlice',
    'Eviction',
  ],
  ...['CustomResourceDefinition', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration', 'TokenReview'],
  ...[
    'TokenRequest',
    'SelfSubjectReview',
    'SubjectAccessReview',
    'SelfSubjectAccessReview',
    'LocalSubjectAccessReview',
  ],
  ...['SelfSubjectRulesReview', 'PodDisruptionBudget', 'StorageClass', 'Scale', 'DeleteOptions', 'Status'],
];
/** A zero default of a scalar only says that the Go field is no pointer; the server fills in nothing a client could see.
 * `{}` on a reference marks an embedded struct, which the server always prints: kept as `x-struct`. */
const isZero = (value: unknown): boolean => value === '' || value === 0 || JSON.stringify(value) === '{}';

/** `inProperties`: the keys are names of fields, not keywords. */
function compact(node: unknown, inProperties = false): unknown {
  if (Array.isArray(node)) return node.map((item) => compact(item));
  if (typeof node !== 'object' || node === null) return node;
  if (inProperties) return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, compact(child)]));
  const out: Json = {};
  for (const [keyword, value] of Object.entries(node))
    Object.assign(out, compactKeyword(keyword, value, 'allOf' in node));
  return out;
}

function compactKeyword(keyword: string, value: unknown, refers: boolean): Json {
  if (keyword === 'description') return {};
  if (keyword === 'default' && refers && JSON.stringify(value) === '{}') return { 'x-struct': true };
  if (keyword === 'default' && isZero(value)) return {};
  if (keyword === 'allOf' && Array.isArray(value)) return Object.assign({}, compact(value[0]));
  if (keyword === '$ref') return { $ref: String(value).replace('#/components/schemas/', '') };
  return { [keyword]: compact(value, keyword === 'properties') };
}

function reach(name: string, all: Json, into: Json): void {
  if (name in into) return;
  into[name] = all[name];
  for (const [, ref] of JSON.stringify(all[name]).matchAll(/"\$ref":"([^"]+)"/g))
    if (ref !== undefined) reach(ref, all, into);
}

const kubectl = process.argv[2] ?? 'kubectl';
const all: Json = {};
for (const path of DOCUMENTS) {
  const text = execFileSync(kubectl, ['get', '--raw', `/openapi/v3/${path}`], { encoding: 'utf8', maxBuffer: 1 << 26 });
  Object.assign(all, compact(JSON.parse(text).components.schemas));
}
const kept: Json = {};
for (const name of Object.keys(all).sort()) {
  const kind = name.split('.').at(-1) ?? '';
  if (ROOTS.includes(kind) && !/\.v\d+(alpha|beta)/.test(name)) reach(name, all, kept);
}
const lines = Object.keys(kept)
  .sort()
  .map((name) => `${JSON.stringify(name)}:${JSON.stringify(kept[name])}`);
writeFileSync(new URL('./generated/builtin-types.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
