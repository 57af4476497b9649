import { AppError } from '../errors.ts';
import type { KubeObject } from './objects.ts';

/** Where a kind is served. `group` is empty for the core group. */
export interface Resource {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}

const resource = (group: string, plural: string, kind: string, namespaced = true, version = 'v1'): Resource => ({
  group,
  version,
  plural,
  kind,
  namespaced,
});

/** The built-in resources that the control plane touches. Our own kinds are in `crds/group.ts`. */
export const CONFIG_MAPS = resource('', 'configmaps', 'ConfigMap');
export const EVENTS = resource('', 'events', 'Event');
/** The newer form of the same objects, which the control plane writes. */
export const REPORTED_EVENTS = resource('events.k8s.io', 'events', 'Event');
export const NAMESPACES = resource('', 'namespaces', 'Namespace', false);
export const PERSISTENT_VOLUME_CLAIMS = resource('', 'persistentvolumeclaims', 'PersistentVolumeClaim');
export const PODS = resource('', 'pods', 'Pod');
export const SECRETS = resource('', 'secrets', 'Secret');
export const SERVICES = resource('', 'services', 'Service');
export const SERVICE_ACCOUNTS = resource('', 'serviceaccounts', 'ServiceAccount');
export const ROLES = resource('rbac.authorization.k8s.io', 'roles', 'Role');
export const ROLE_BINDINGS = resource('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding');
export const CLUSTER_ROLES = resource('rbac.authorization.k8s.io', 'clusterroles', 'ClusterRole', false);
export const CLUSTER_ROLE_BINDINGS = resource(
  'rbac.authorization.k8s.io',
  'clusterrolebindings',
  'ClusterRoleBinding',
  false,
);
export const DEPLOYMENTS = resource('apps', 'deployments', 'Deployment');
export const NETWORK_POLICIES = resource('networking.k8s.io', 'networkpolicies', 'NetworkPolicy');
export const JOBS = resource('batch', 'jobs', 'Job');
/** Of the Gateway API, which a cluster may lack. */
export const GATEWAYS = resource('gateway.networking.k8s.io', 'gateways', 'Gateway');
export const GATEWAY_CLASSES = resource('gateway.networking.k8s.io', 'gatewayclasses', 'GatewayClass', false);
export const HTTP_ROUTES = resource('gateway.networking.k8s.io', 'httproutes', 'HTTPRoute');

/** Of the agent-sandbox API, which a cluster may lack. */
export const SANDBOXES = resource('agents.x-k8s.io', 'sandboxes', 'Sandbox', true, 'v1alpha1');

/** `v1` or `group/version`. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/**
 * Path of a collection, or of one object when `name` is given. Throws `REQUEST_INVALID` for a name that a URL would not keep:
 * it would name another resource, such as the whole collection.
 */
export function pathOf(of: Resource, namespace?: string, name?: string): string {
  const root = of.group === '' ? `/api/${of.version}` : `/apis/${of.group}/${of.version}`;
  const scope = of.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace)}` : '';
  return `${root}${scope}/${of.plural}${name === undefined ? '' : `/${segment(name)}`}`;
}

/** Percent-encoding keeps a name in its place in the path, but for these three. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..') {
    throw new AppError('REQUEST_INVALID', `\`${name}\` must not be the name of an object or a namespace`);
  }
  return encodeURIComponent(name);
}

/** Names one object; `uid` makes it that very object and no later namesake. */
export interface ObjectRef {
  resource: Resource;
  namespace?: string;
  name: string;
  uid?: string;
}

export function refOf(of: Resource, object: KubeObject): ObjectRef {
  const { namespace, name, uid } = object.metadata;
  return { resource: of, name, ...(namespace !== undefined && { namespace }), ...(uid !== undefined && { uid }) };
}
