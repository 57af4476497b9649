import type { KubeObject } from '../../../../shared/kube/objects.ts';
import type { Container, Pod, Volume } from '../client/core-types.ts';

export interface ServiceAccount extends KubeObject {
  automountServiceAccountToken?: boolean;
}

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const NAME = 'kube-api-access';

/**
 * The pod with its service account's token, certificate and namespace mounted where in-cluster clients look for them,
 * unless the pod or its account says no. In a full cluster an admission plug-in writes this into the pod.
 */
export function withServiceAccountVolume(pod: Pod, account: ServiceAccount | undefined): Pod {
  const wanted = pod.spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true;
  if (!wanted) return pod;
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  if (all.every(hasToken)) return pod;
  const mounted = (container: Container): Container =>
    hasToken(container)
      ? container
      : {
          ...container,
          volumeMounts: [...(container.volumeMounts ?? []), { name: NAME, mountPath: MOUNT_PATH, readOnly: true }],
        };
  const spec = {
    ...pod.spec,
    volumes: [...(pod.spec.volumes ?? []), VOLUME],
    containers: pod.spec.containers.map(mounted),
    ...(pod.spec.initContainers !== undefined && { initContainers: pod.spec.initContainers.map(mounted) }),
  };
  return { ...pod, spec };
}

const hasToken = ({ volumeMounts = [] }: Container): boolean =>
  volumeMounts.some(({ mountPath }) => mountPath === MOUNT_PATH);

const VOLUME: Volume = {
  name: NAME,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }], optional: true } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
};
