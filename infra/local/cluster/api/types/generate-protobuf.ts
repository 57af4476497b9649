/**
 * Writes generated/protobuf-fields.json: field numbers of the messages that kubectl sends as protobuf, taken from the
 * `generated.proto` files of the Go modules k8s.io/api and k8s.io/apimachinery
 * (`node generate-protobuf.ts <folder of k8s.io/api> <folder of k8s.io/apimachinery>`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Fields = Record<string, [name: string, type: string, label?: string]>;

const API = [
  ...['core', 'apps', 'batch', 'policy', 'rbac', 'coordination', 'networking', 'discovery', 'events', 'storage'],
  ...['authentication', 'authorization', 'autoscaling', 'admissionregistration'],
].map((group) => `${group}/v1`);
const MACHINERY = ['pkg/apis/meta/v1', 'pkg/api/resource', 'pkg/util/intstr', 'pkg/runtime'];
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
  ...['TokenReview', 'TokenRequest', 'SelfSubjectReview', 'SubjectAccessReview', 'SelfSubjectAccessReview', 'Scale'],
  ...['LocalSubjectAccessReview', 'SelfSubjectRulesReview', 'PodDisruptionBudget', 'StorageClass', 'DeleteOptions'],
  ...['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
];
const SCALARS = new Set(['string', 'int32', 'int64', 'bool', 'bytes', 'double']);

function messagesOf(text: string): Record<string, Fields> {
  const scope = /^package ([\w.]+);/m.exec(text)?.[1] ?? '';
  const qualify = (type: string): string => {
    if (SCALARS.has(type)) return type;
    return type.startsWith('.') ? type.slice(1) : type.includes('.') ? type : `${scope}.${type}`;
  };
  const messages: Record<string, Fields> = {};
  let fields: Fields = {};
  for (const line of text.split('\n')) {
    const message = /^message (\w+) \{/.exec(line)?.[1];
    if (message !== undefined) {
      fields = {};
      messages[`${scope}.${message}`] = fields;
    }
    const [, label, key, type = '', name = '', number = ''] =
      /^ {2}(?:(optional|repeated) |map<(\w+), )([\w.]+)>? (\w+) = (\d+);/.exec(line) ?? [];
    if (name === '') continue;
    const shape = key !== undefined ? 'map' : label === 'repeated' ? 'list' : undefined;
    fields[number] = shape === undefined ? [name, qualify(type)] : [name, qualify(type), shape];
  }
  return messages;
}

function reach(name: string, all: Record<string, Fields>, kept: Record<string, Fields>): void {
  const fields = all[name];
  if (fields === undefined || name in kept) return;
  kept[name] = fields;
  for (const [, type] of Object.values(fields)) reach(type, all, kept);
}

const [api = '', machinery = ''] = process.argv.slice(2);
const files = [...API.map((path) => join(api, path)), ...MACHINERY.map((path) => join(machinery, path))];
const all: Record<string, Fields> = {};
for (const file of files) Object.assign(all, messagesOf(readFileSync(join(file, 'generated.proto'), 'utf8')));
const kept: Record<string, Fields> = {};
for (const name of Object.keys(all)) if (ROOTS.includes(name.slice(name.lastIndexOf('.') + 1))) reach(name, all, kept);
const lines = Object.keys(kept)
  .sort()
  .map((name) => `${JSON.stringify(name)}:${JSON.stringify(kept[name])}`);
writeFileSync(new URL('./generated/protobuf-fields.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
