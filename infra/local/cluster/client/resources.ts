import type { Resource } from '../../../../shared/kube/resources.ts';

const resource = (group: string, plural: string, kind: string, namespaced = true): Resource => ({
  group,
  version: 'v1',
  plural,
  kind,
  namespaced,
});

/** Built-in resources that only the embedded cluster's own controllers and kubelet touch. */
export const NODES = resource('', 'nodes', 'Node', false);
export const SERVICES = resource('', 'services', 'Service');
export const PERSISTENT_VOLUME_CLAIMS = resource('', 'persistentvolumeclaims', 'PersistentVolumeClaim');
export const PERSISTENT_VOLUMES = resource('', 'persistentvolumes', 'PersistentVolume', false);
export const ENDPOINT_SLICES = resource('discovery.k8s.io', 'endpointslices', 'EndpointSlice');
export const REPLICA_SETS = resource('apps', 'replicasets', 'ReplicaSet');
export const DEPLOYMENTS = resource('apps', 'deployments', 'Deployment');
export const DAEMON_SETS = resource('apps', 'daemonsets', 'DaemonSet');
