import { randomUUID } from 'node:crypto';
import type { ClusterState } from '../cluster-state.ts';
import type { KubeObject } from '../object.ts';
import { forbidden } from '../status.ts';
import { PODS } from './names.ts';
import { child, records } from './shape.ts';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** An hour and seven seconds, as the real plugin asks for, so that its own tokens can be told apart. */
const TOKEN_SECONDS = 3607;
const READ_FOR_ALL = 420;

function tokenVolume(name: string): Record<string, unknown> {
  const namespace = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  return {
    name,
    projected: {
      defaultMode: READ_FOR_ALL,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [namespace] } },
      ],
    },
  };
}

const SYSTEM_PRIORITIES: Record<string, number> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

/** The Priority and RuntimeClass admission plugins, in a cluster that has no such classes but the system's own. */
export function admitClasses(pod: KubeObject): void {
  const spec = child(pod, 'spec');
  const { name = '' } = pod.metadata;
  const { priorityClassName, runtimeClassName } = spec;
  if (typeof priorityClassName === 'string' && priorityClassName !== '') {
    const priority = SYSTEM_PRIORITIES[priorityClassName];
    if (priority === undefined)
      throw forbidden(PODS, name, `no PriorityClass with name ${priorityClassName} was found`);
    spec['priority'] = priority;
  }
  if (runtimeClassName !== undefined)
    throw forbidden(PODS, name, `pod rejected: RuntimeClass "${runtimeClassName}" not found`);
}

/** The ServiceAccount admission plugin: a pod runs as an account that exists, with a token where it wants one. */
export function admitServiceAccount({ store }: ClusterState, pod: KubeObject): void {
  const spec = child(pod, 'spec');
  const { name: podName = '', namespace = '' } = pod.metadata;
  const name = `${spec['serviceAccountName'] || 'default'}`;
  spec['serviceAccountName'] = name;
  spec['serviceAccount'] = name;
  const account = store.get('serviceaccounts', `${namespace}/${name}`)?.object;
  if (account === undefined) {
    throw forbidden(
      PODS,
      podName,
      `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
    );
  }
  const secrets = account['imagePullSecrets'];
  if (spec['imagePullSecrets'] === undefined && Array.isArray(secrets) && secrets.length > 0)
    spec['imagePullSecrets'] = secrets;
  if ((spec['automountServiceAccountToken'] ?? account['automountServiceAccountToken'] ?? true) === false) return;
  mountToken(spec);
}

function mountToken(spec: Record<string, unknown>): void {
  const name = `kube-api-access-${randomUUID().slice(0, 5)}`;
  let mounted = false;
  for (const container of [...records(spec['initContainers']), ...records(spec['containers'])]) {
    const mounts = records(container['volumeMounts']);
    if (mounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) continue;
    container['volumeMounts'] = [...mounts, { name, readOnly: true, mountPath: MOUNT_PATH }];
    mounted = true;
  }
  if (mounted) spec['volumes'] = [...records(spec['volumes']), tokenVolume(name)];
}
