import type { AgentRun } from '../../crds/agentrun.ts';
import type { Grant, Resolution } from '../../crds/agentrun-status.ts';
import { API_VERSION } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { LifecycleHooks } from '../../crds/lifecycle.ts';
import type { RbacRule } from '../../crds/rbac.ts';
import { fitName } from '../../shared/kube/names.ts';
import { controllerReference, type KubeObject, type ObjectMeta } from '../../shared/kube/objects.ts';
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type Resource,
  ROLE_BINDINGS,
  ROLES,
  SERVICE_ACCOUNTS,
} from '../../shared/kube/resources.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import { grantLabels } from './grant-labels.ts';
import { wantsLifecycleAccess } from './hooks.ts';
import { lifecycleGrants, lifecycleRevocations } from './lifecycle-access.ts';
import { runServiceAccountOf } from './names.ts';
import type { StrayRole } from './observed.ts';
import { type RunBuild, type SidecarSkill, sidecarsOf } from './run-build.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Which sidecars of a run get which rights. */
export function grantsOf(build: Pick<RunBuild, 'run' | 'skills'>): Grant[] {
  return sidecarsOf(build).flatMap(({ name, sidecar: { rbac = [], clusterRBAC = [] } }) => {
    const grant = { skill: name, namespaced: rbac.length > 0, cluster: clusterRBAC.length > 0 };
    return grant.namespaced || grant.cluster ? [grant] : [];
  });
}

/** What says which rights a run was given. */
type Given = Pick<Resolution, 'grants'> & { lifecycle?: LifecycleHooks | undefined };

/** Whether the run has a ServiceAccount of its own. */
export const hasOwnAccount = ({ grants = [], lifecycle }: Given): boolean =>
  grants.length > 0 || wantsLifecycleAccess({ lifecycle });

/** The run's own ServiceAccount with the rights of its sidecars and hooks, of nobody else and for no longer than it runs [RUN-W17]. */
export function grantActions(build: RunBuild): Action[] {
  const sidecars = sidecarsOf(build);
  if (!hasOwnAccount(build.resolution)) return [];
  return [
    { verb: 'apply', resource: SERVICE_ACCOUNTS, object: account(build.run) },
    ...sidecars.flatMap((skill) => [
      ...granted(build.run, skill, false, skill.sidecar.rbac ?? []),
      ...granted(build.run, skill, true, skill.sidecar.clusterRBAC ?? []),
    ]),
    ...lifecycleGrants(build.run, build.resolution),
  ];
}

/** Takes back what `grantActions` gave; a binding goes before its role. Repeating it changes nothing. */
export function revocations(run: AgentRun, resolution: Resolution | undefined): Action[] {
  // The hooks of a run whose resolution was lost with its Job are those of its spec.
  const given: Given = resolution ?? { lifecycle: run.spec.lifecycle };
  if (!hasOwnAccount(given)) return [];
  const { grants = [] } = given;
  const { name, namespace = '' } = run.metadata;
  return [
    ...grants.flatMap(({ skill, namespaced, cluster }) => [
      ...(namespaced ? removals([ROLE_BINDINGS, ROLES], roleName(run, skill, false), namespace) : []),
      ...(cluster ? removals([CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES], roleName(run, skill, true)) : []),
    ]),
    ...lifecycleRevocations(run, given),
    ...removals([SERVICE_ACCOUNTS], runServiceAccountOf(name), namespace),
  ];
}

/** Takes back rights that were found by their labels, where no resolution tells of them. */
export const strayRevocations = (roles: readonly StrayRole[]): Action[] =>
  roles.flatMap(({ name, namespace }) =>
    namespace === undefined
      ? removals([CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES], name)
      : removals([ROLE_BINDINGS, ROLES], name, namespace),
  );

function removals(resources: readonly Resource[], name: string, namespace?: string): Action[] {
  const at = { name, ...(namespace !== undefined && { namespace }) };
  return resources.map((resource) => ({ verb: 'delete', target: { resource, ...at }, propagation: 'Background' }));
}

/** In the cluster the parts are kept apart by what none of them can hold: `a-b` and `c` are not `a` and `b-c` [RUN-W19]. */
function roleName({ metadata }: AgentRun, skill: string, cluster: boolean): string {
  const { namespace, name } = metadata;
  return fitName(`sympozium-skill-${cluster ? [skill, namespace, name].join(':') : `${skill}-${name}`}`, 253);
}

function account(run: AgentRun): KubeObject {
  const { name, namespace = '' } = run.metadata;
  const metadata = { name: runServiceAccountOf(name), namespace, labels: grantLabels(run), ...ownedBy(run) };
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
}

const ownedBy = (run: AgentRun): Pick<ObjectMeta, 'ownerReferences'> => ({
  ownerReferences: [controllerReference({ ...run, apiVersion: API_VERSION, kind: 'AgentRun' })],
});

function granted(run: AgentRun, skill: SidecarSkill, cluster: boolean, rules: readonly RbacRule[]): Action[] {
  if (rules.length === 0) return [];
  const { namespace = '' } = run.metadata;
  const [role, binding] = cluster ? [CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS] : [ROLES, ROLE_BINDINGS];
  const name = roleName(run, skill.name, cluster);
  const metadata = {
    name,
    labels: { ...grantLabels(run), [LABELS.skill]: fitName(skill.name) },
    // Nothing cluster-wide can belong to a run; the finalizer answers for it.
    ...(!cluster && { namespace, ...ownedBy(run) }),
  };
  const apiVersion = `${RBAC_GROUP}/v1`;
  const subject = { kind: 'ServiceAccount', name: runServiceAccountOf(run.metadata.name), namespace };
  const roleObject = { apiVersion, kind: role.kind, metadata, rules: rules.map(plainRule) };
  const roleRef = { apiGroup: RBAC_GROUP, kind: role.kind, name };
  const bindingObject = { apiVersion, kind: binding.kind, metadata, roleRef, subjects: [subject] };
  return [
    { verb: 'apply', resource: role, object: roleObject },
    { verb: 'apply', resource: binding, object: bindingObject },
  ];
}

const plainRule = ({ apiGroups, resources, verbs }: RbacRule): RbacRule => ({ apiGroups, resources, verbs });
