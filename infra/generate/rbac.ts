import { stringify } from 'yaml';
import { LABELS } from '../../crds/labels.ts';
import type { SkillSidecar } from '../../crds/skillpack.ts';
import { REPORTED_EVENTS } from '../../shared/kube/resources.ts';
import type { FunctionManifest, PolicyRule } from '../../shared/manifest.ts';

const NAMESPACE = 'sympozium-system';
const labels = { 'app.kubernetes.io/part-of': 'sympozium' };

/**
 * `infra/generated/rbac.yaml`: an identity and a role for each function, for the relay and for the host; what runs may be given; and
 * nothing more.
 */
export function rbacManifests(manifests: readonly FunctionManifest[], builtIn: readonly SkillSidecar[]): string {
  const identities = manifests.map((manifest) => identity(`sympozium-${manifest.name}`, rulesOf(manifest)));
  const documents = [
    ...identities.flat(),
    ...identity('sympozium-relay', relayRules(manifests)),
    ...hostObjects(manifests),
    ...grantableObjects(builtIn),
  ];
  const header = "# Generated from the functions' manifests by `npm run generate`.\n";
  return header + documents.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
}

/** Every pass may report what happened to its object: the shell does so for all reconcilers. */
function rulesOf({ rules, reconciles }: FunctionManifest): PolicyRule[] {
  if (reconciles === undefined) return rules;
  return [...rules, { apiGroups: [REPORTED_EVENTS.group], resources: [REPORTED_EVENTS.plural], verbs: ['create'] }];
}

/** The relay lists and watches what the functions asked for, and writes nothing. */
function relayRules(manifests: readonly FunctionManifest[]): PolicyRule[] {
  const watches = manifests.flatMap(({ reconciles }) =>
    reconciles === undefined ? [] : [reconciles.primary, ...reconciles.children],
  );
  const byGroup = Map.groupBy(watches, ({ resource }) => resource.group);
  return [...byGroup].map(([group, watched]) => ({
    apiGroups: [group],
    resources: [...new Set(watched.map(({ resource }) => resource.plural))].sort(),
    verbs: ['list', 'watch'],
  }));
}

function identity(name: string, rules: readonly PolicyRule[]): object[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: NAMESPACE, labels } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name, labels }, rules },
    clusterBinding(name, name),
  ];
}

/** Gives the ClusterRole of a name to an account. */
const clusterBinding = (name: string, account: string): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name, labels },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }],
});

/**
 * Nobody gives rights that they do not have, so the function that makes the roles of runs has what runs may be given: the rules of the
 * built-in skills, and of each ClusterRole that an administrator labels so.
 */
function grantableObjects(builtIn: readonly SkillSidecar[]): object[] {
  const name = 'sympozium-grantable';
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const rules = builtIn.flatMap(({ rbac = [], clusterRBAC = [] }) => [...rbac, ...clusterRBAC]);
  return [
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name, labels },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [LABELS.grantable]: 'true' } }] },
    },
    clusterBinding(name, 'sympozium-reconcile-agentrun'),
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: `${name}-built-in`, labels: { ...labels, [LABELS.grantable]: 'true' } },
      rules,
    },
  ];
}

/** The host may ask for the functions' tokens, in its own namespace only. */
function hostObjects(manifests: readonly FunctionManifest[]): object[] {
  const name = 'sympozium-host';
  const rule = {
    apiGroups: [''],
    resources: ['serviceaccounts/token'],
    verbs: ['create'],
    resourceNames: manifests.map((manifest) => `sympozium-${manifest.name}`),
  };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: NAMESPACE, labels } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name, namespace: NAMESPACE, labels },
      rules: [rule],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name, namespace: NAMESPACE, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
    },
  ];
}
