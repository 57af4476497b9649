import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Grant, Resolution } from '../../../crds/agentrun-status.ts';
import { API_VERSION } from '../../../crds/group.ts';
import { COMPONENTS, LABELS } from '../../../crds/labels.ts';
import type { LifecycleHooks } from '../../../crds/lifecycle.ts';
import type { RbacRule } from '../../../crds/rbac.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { controllerReference, type KubeObject, type ObjectMeta } from '../../../shared/kube/objects.ts';
import {
  apiVersionOf,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type Resource,
  ROLE_BINDINGS,
  ROLES,
  SERVICE_ACCOUNTS,
} from '../../../shared/kube/resources.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import { wantsLifecycleAccess } from '../hooks/hooks.ts';
import { lifecycleRoleOf, runServiceAccountOf } from '../names.ts';
import type { StrayRole } from '../observed.ts';
import { type RunBuild, sidecarsOf } from '../pod/run-build.ts';
import { grantLabels } from './grant-labels.ts';

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

/** Stands among names of skills, of which none is empty. */
const HOOKS = '';

/** Who asks for rights of one scope: skills by name, and the hooks. Hooks have none in the whole cluster. */
function askersOf({ grants = [], lifecycle }: Given, cluster: boolean): string[] {
  const skills = grants.flatMap((grant) => ((cluster ? grant.cluster : grant.namespaced) ? [grant.skill] : []));
  return [...skills, ...(!cluster && wantsLifecycleAccess({ lifecycle }) ? [HOOKS] : [])];
}

/**
 * The run's own ServiceAccount with the rights of its sidecars and hooks, of nobody else and for no longer than it runs [RUN-W17]
 * [RUN-W21]: one role of each scope, however many ask for rights, since one account holds them all.
 */
export function grantActions(build: RunBuild): Action[] {
  if (!hasOwnAccount(build.resolution)) return [];
  return [
    { verb: 'apply', resource: SERVICE_ACCOUNTS, object: account(build.run) },
    ...granted(build, false),
    ...granted(build, true),
  ];
}

/**
 * Takes back what `grantActions` gave; a binding goes before its role. The account may do nothing then, the tokens of its pods end with
 * them, and it goes with the run. Repeating it changes nothing.
 */
export function revocations(run: AgentRun, resolution: Resolution | undefined): Action[] {
  // The hooks of a run whose resolution was lost with its Job are those of its spec.
  const given: Given = resolution ?? { lifecycle: run.spec.lifecycle };
  if (!hasOwnAccount(given)) return [];
  const { namespace = '' } = run.metadata;
  const [inNamespace, inCluster] = [askersOf(given, false), askersOf(given, true)];
  return [
    ...(inNamespace.length > 0 ? removals([ROLE_BINDINGS, ROLES], roleName(run, inNamespace, false), namespace) : []),
    ...(inCluster.length > 0 ? removals([CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES], roleName(run, inCluster, true)) : []),
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

/**
 * Named after who asks for it, if it is one, as in the original. In the cluster the parts are kept apart by what none of them can
 * hold: `a-b` and `c` are not `a` and `b-c` [RUN-W19].
 */
function roleName({ metadata }: AgentRun, askers: readonly string[], cluster: boolean): string {
  const { namespace = '', name } = metadata;
  const [only = HOOKS, ...others] = askers;
  if (others.length > 0) return fitName(`sympozium-run${cluster ? `:${namespace}:` : '-'}${name}`, 253);
  if (only === HOOKS) return lifecycleRoleOf(name);
  return fitName(`sympozium-skill-${cluster ? [only, namespace, name].join(':') : `${only}-${name}`}`, 253);
}

/** The same for labels: whose role it is, where it is that of one. */
function askerLabels(askers: readonly string[]): Record<string, string> {
  const [only = HOOKS, ...others] = askers;
  if (others.length > 0) return {};
  return only === HOOKS ? { [LABELS.component]: COMPONENTS.lifecycle } : { [LABELS.skill]: fitName(only) };
}

function account(run: AgentRun): KubeObject {
  const { name, namespace = '' } = run.metadata;
  const metadata = { name: runServiceAccountOf(name), namespace, labels: grantLabels(run), ...ownedBy(run) };
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
}

const ownedBy = (run: AgentRun): Pick<ObjectMeta, 'ownerReferences'> => ({
  ownerReferences: [controllerReference({ ...run, apiVersion: API_VERSION, kind: 'AgentRun' })],
});

function granted(build: RunBuild, cluster: boolean): Action[] {
  const { run, resolution } = build;
  const askers = askersOf(resolution, cluster);
  if (askers.length === 0) return [];
  const { namespace = '' } = run.metadata;
  const [role, binding] = cluster ? [CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS] : [ROLES, ROLE_BINDINGS];
  const name = roleName(run, askers, cluster);
  const metadata = {
    name,
    labels: { ...grantLabels(run), ...askerLabels(askers) },
    // Nothing cluster-wide can belong to a run; the finalizer answers for it.
    ...(!cluster && { namespace, ...ownedBy(run) }),
  };
  const apiVersion = apiVersionOf(role);
  const subject = { kind: 'ServiceAccount', name: runServiceAccountOf(run.metadata.name), namespace };
  const roleObject = { apiVersion, kind: role.kind, metadata, rules: rulesOf(build, cluster) };
  const roleRef = { apiGroup: role.group, kind: role.kind, name };
  const bindingObject = { apiVersion, kind: binding.kind, metadata, roleRef, subjects: [subject] };
  return [
    { verb: 'apply', resource: role, object: roleObject },
    { verb: 'apply', resource: binding, object: bindingObject },
  ];
}

/** What several ask for is there once. */
function rulesOf(build: RunBuild, cluster: boolean): RbacRule[] {
  const skills = sidecarsOf(build).flatMap(({ sidecar }) => (cluster ? sidecar.clusterRBAC : sidecar.rbac) ?? []);
  const hooks = cluster ? [] : (build.resolution.lifecycle?.rbac ?? []);
  const rules = [...skills, ...hooks].map(({ apiGroups, resources, verbs }) => ({ apiGroups, resources, verbs }));
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}
