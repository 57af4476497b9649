import type { AccessAttributes } from '../../access.ts';
import type { User } from '../http/request.ts';
import { selectorMatches } from '../kinds/selector.ts';
import { at, isRecord, type KubeObject } from '../object.ts';
import type { Store } from '../storage/store.ts';

const GROUP = 'rbac.authorization.k8s.io';

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

interface Subject {
  kind?: string;
  name?: string;
  namespace?: string;
}

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes(value) || list.includes('*'));

function resourceCovers(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  return has(resources, full) || (subresource !== '' && (resources ?? []).includes(`*/${subresource}`));
}

function ruleAllows(rule: PolicyRule, attributes: AccessAttributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.path !== undefined) {
    const path = attributes.path;
    return (rule.nonResourceURLs ?? []).some(
      (url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))),
    );
  }
  return (
    has(rule.apiGroups, attributes.group ?? '') &&
    resourceCovers(rule.resources, attributes.resource ?? '', attributes.subresource ?? '') &&
    (rule.resourceNames === undefined ||
      rule.resourceNames.length === 0 ||
      rule.resourceNames.includes(attributes.name ?? ''))
  );
}

const rulesIn = (role: KubeObject): PolicyRule[] => (Array.isArray(role['rules']) ? role['rules'] : []);

export const isMaster = (user: User): boolean => user.groups.includes('system:masters');

/** Role-based access control over the stored roles and bindings. Rules only ever add; what no rule allows is forbidden. */
export class Rbac {
  readonly #store: Store;
  readonly #cache = new Map<string, PolicyRule[]>();

  constructor(store: Store) {
    this.#store = store;
    for (const resource of ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings']) {
      store.collection(`${GROUP}/${resource}`).listeners.add(() => this.#cache.clear());
    }
  }

  allows(user: User, attributes: AccessAttributes): boolean {
    if (isMaster(user)) return true;
    if (this.rulesOf(user, '').some((rule) => ruleAllows(rule, attributes))) return true;
    const { namespace = '' } = attributes;
    return namespace !== '' && this.rulesOf(user, namespace).some((rule) => ruleAllows(rule, attributes));
  }

  /** Rules bound to the user in a namespace, or with '' in the whole cluster. */
  rulesOf(user: User, namespace: string): PolicyRule[] {
    const key = `${namespace}\n${user.name}\n${user.groups.join('\n')}`;
    let rules = this.#cache.get(key);
    if (rules === undefined) {
      rules = this.#collect(user, namespace);
      if (this.#cache.size > 10_000) this.#cache.clear();
      this.#cache.set(key, rules);
    }
    return rules;
  }

  #collect(user: User, namespace: string): PolicyRule[] {
    const resource = namespace === '' ? 'clusterrolebindings' : 'rolebindings';
    const prefix = namespace === '' ? '' : `${namespace}/`;
    const rules: PolicyRule[] = [];
    for (const { object } of this.#store.collection(`${GROUP}/${resource}`).list(prefix)) {
      const subjects = Array.isArray(object['subjects']) ? object['subjects'] : [];
      if (!subjects.some((subject: Subject) => names(subject, user, namespace))) continue;
      rules.push(...this.rulesOfRole(object['roleRef'], namespace));
    }
    return rules;
  }

  rulesOfRole(roleRef: unknown, namespace: string): PolicyRule[] {
    if (!isRecord(roleRef)) return [];
    const { kind, name } = roleRef;
    const role =
      kind === 'ClusterRole'
        ? this.#store.get(`${GROUP}/clusterroles`, `${name}`)
        : this.#store.get(`${GROUP}/roles`, `${namespace}/${name}`);
    if (role === undefined) return [];
    const selectors = at(role.object, 'aggregationRule', 'clusterRoleSelectors');
    return Array.isArray(selectors) ? this.#aggregated(selectors) : rulesIn(role.object);
  }

  /** Rules of an aggregated role: looked up each time, where the real cluster has a controller write them down. */
  #aggregated(selectors: readonly unknown[]): PolicyRule[] {
    const roles = this.#store.collection(`${GROUP}/clusterroles`).list('');
    return roles
      .filter(({ object }) => selectors.some((selector) => selectorMatches(selector, object.metadata.labels ?? {})))
      .flatMap(({ object }) => rulesIn(object));
  }

  /** The first rule of `wanted` that the user does not hold already. */
  firstNotHeld(user: User, namespace: string, wanted: readonly PolicyRule[]): PolicyRule | undefined {
    return wanted.flatMap(breakDown).find((rule) => {
      const held = [...this.rulesOf(user, ''), ...(namespace === '' ? [] : this.rulesOf(user, namespace))];
      return !held.some((own) => ruleCovers(own, rule));
    });
  }
}

function names({ kind, name, namespace }: Subject, user: User, bindingNamespace: string): boolean {
  if (kind === 'User') return name === user.name;
  if (kind === 'Group') return name !== undefined && user.groups.includes(name);
  return kind === 'ServiceAccount' && user.name === `system:serviceaccount:${namespace || bindingNamespace}:${name}`;
}

/** One verb and one resource a rule, so that each can be held by another rule. */
function breakDown(rule: PolicyRule): PolicyRule[] {
  const single = (base: Omit<PolicyRule, 'verbs'>): PolicyRule[] =>
    rule.verbs.map((verb) => ({ verbs: [verb], ...base }));
  const names = rule.resourceNames?.length ? rule.resourceNames.map((name) => [name]) : [undefined];
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      names.flatMap((name) =>
        single({ apiGroups: [group], resources: [resource], ...(name === undefined ? {} : { resourceNames: name }) }),
      ),
    ),
  );
  return [...resources, ...(rule.nonResourceURLs ?? []).flatMap((url) => single({ nonResourceURLs: [url] }))];
}

function ruleCovers(own: PolicyRule, wanted: PolicyRule): boolean {
  if (!has(own.verbs, wanted.verbs[0] ?? '')) return false;
  const url = wanted.nonResourceURLs?.[0];
  if (url !== undefined)
    return (own.nonResourceURLs ?? []).some(
      (held) => held === url || (held.endsWith('*') && url.startsWith(held.slice(0, -1))),
    );
  const [resource = '', subresource = ''] = (wanted.resources?.[0] ?? '').split('/');
  const name = wanted.resourceNames?.[0];
  const namesCover = !own.resourceNames?.length || (name !== undefined && own.resourceNames.includes(name));
  return (
    has(own.apiGroups, wanted.apiGroups?.[0] ?? '') &&
    resourceCovers(own.resources, resource, subresource) &&
    namesCover
  );
}
