import { isRecord, type KubeObject } from '../object.ts';
import { forbidden, notFound } from '../status.ts';
import type { WriteContext } from '../verbs/write-context.ts';
import type { PolicyRule } from './rbac.ts';

const GROUP = 'rbac.authorization.k8s.io';

function goRule({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  const list = (name: string, values: readonly string[] | undefined): string[] =>
    values === undefined || values.length === 0
      ? []
      : [`${name}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`];
  return `{${[
    ...list('APIGroups', apiGroups),
    ...list('Resources', resources),
    ...list('ResourceNames', resourceNames),
    ...list('NonResourceURLs', nonResourceURLs),
    ...list('Verbs', verbs),
  ].join(', ')}}`;
}

/** Nobody grants what they don't hold, unless RBAC says they may (`escalate` on roles, `bind` on the role that is bound). */
export function checkEscalation(context: WriteContext, raw: KubeObject): void {
  const { type, request, cluster } = context;
  if (type.group !== GROUP) return;
  const { user, namespace } = request;
  const { name = '' } = raw.metadata;
  const { resource } = type;
  const binding = resource.endsWith('bindings');
  const roleRef = isRecord(raw['roleRef']) ? raw['roleRef'] : {};
  const roleResource = roleRef['kind'] === 'ClusterRole' ? 'clusterroles' : 'roles';
  const may = binding
    ? { verb: 'bind', group: GROUP, resource: roleResource, name: `${roleRef['name']}`, namespace }
    : { verb: 'escalate', group: GROUP, resource, name, namespace };
  if (cluster.rbac.allows(user, may)) return;
  const wanted = binding ? boundRules(context, roleResource, roleRef) : rulesIn(raw);
  const missing = cluster.rbac.firstNotHeld(user, namespace, wanted);
  if (missing === undefined) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  throw forbidden(
    type,
    name,
    `user "${user.name}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${goRule(missing)}`,
  );
}

function rulesIn(raw: Record<string, unknown>): PolicyRule[] {
  return Array.isArray(raw['rules']) ? raw['rules'] : [];
}

function boundRules(
  { cluster, request }: WriteContext,
  resource: string,
  roleRef: Record<string, unknown>,
): PolicyRule[] {
  const key = resource === 'roles' ? `${request.namespace}/${roleRef['name']}` : `${roleRef['name']}`;
  if (cluster.store.get(`${GROUP}/${resource}`, key) === undefined) {
    throw notFound({ group: GROUP, resource, kind: `${roleRef['kind']}` }, `${roleRef['name']}`);
  }
  return cluster.rbac.rulesOfRole(roleRef, request.namespace);
}
