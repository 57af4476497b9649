import type { AgentRun } from '../../crds/agentrun.ts';
import type { Resolution } from '../../crds/agentrun-status.ts';
import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import { controllerReference } from '../../shared/kube/objects.ts';
import { apiVersionOf, ROLE_BINDINGS, ROLES } from '../../shared/kube/resources.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import { grantLabels } from './grant-labels.ts';
import { type Hooked, wantsLifecycleAccess } from './hooks.ts';
import { lifecycleRoleOf, runServiceAccountOf } from './names.ts';

/** What `lifecycle.rbac` asks for, given to the run's own ServiceAccount, whose token only hooks and skills get [RUN-060] [RUN-W21]. */
export function lifecycleGrants(run: AgentRun, resolution: Resolution): Action[] {
  if (!wantsLifecycleAccess(resolution)) return [];
  const { name, namespace = '' } = run.metadata;
  const metadata = {
    name: lifecycleRoleOf(name),
    namespace,
    labels: { ...grantLabels(run), [LABELS.component]: COMPONENTS.lifecycle },
    ownerReferences: [controllerReference(run)],
  };
  const rules = (resolution.lifecycle?.rbac ?? []).map(({ apiGroups, resources, verbs }) => ({
    apiGroups,
    resources,
    verbs,
  }));
  const roleRef = { apiGroup: ROLES.group, kind: ROLES.kind, name: metadata.name };
  const subjects = [{ kind: 'ServiceAccount', name: runServiceAccountOf(name), namespace }];
  const apiVersion = apiVersionOf(ROLES);
  const role = { apiVersion, kind: ROLES.kind, metadata, rules };
  const binding = { apiVersion, kind: ROLE_BINDINGS.kind, metadata, roleRef, subjects };
  return [
    { verb: 'apply', resource: ROLES, object: role },
    { verb: 'apply', resource: ROLE_BINDINGS, object: binding },
  ];
}

export function lifecycleRevocations(run: AgentRun, resolution: Hooked): Action[] {
  if (!wantsLifecycleAccess(resolution)) return [];
  const { name, namespace = '' } = run.metadata;
  return [ROLE_BINDINGS, ROLES].map((resource) => ({
    verb: 'delete',
    target: { resource, namespace, name: lifecycleRoleOf(name) },
    propagation: 'Background',
  }));
}
