import type { ClusterState } from '../cluster-state.ts';
import type { ResourceType } from '../kinds/resource-type.ts';

/** The verbs and kind of a subresource, where they are not those of a status. */
const SUBRESOURCES: Record<string, { kind: string; group?: string; version?: string; verbs: string[] }> = {
  log: { kind: '', verbs: ['get'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  token: { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  finalize: { kind: 'Namespace', verbs: ['update'] },
  scale: { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
};
/** Known, so that they are refused with a reason, and not announced. */
const UNANNOUNCED = new Set(['exec', 'attach', 'portforward', 'proxy', 'ephemeralcontainers', 'resize']);

function announced(type: ResourceType): string[] {
  return [...type.subresources]
    .filter((name) => !UNANNOUNCED.has(name))
    .sort(type.custom === undefined ? undefined : () => 0);
}

function resourcesOf(types: readonly ResourceType[]): unknown[] {
  return types.flatMap((type) => [
    {
      name: type.resource,
      singularName: type.singular,
      namespaced: type.namespaced,
      kind: type.kind,
      verbs: type.verbs,
      ...(type.shortNames.length > 0 ? { shortNames: type.shortNames } : {}),
      ...(type.categories.length > 0 ? { categories: type.categories } : {}),
    },
    ...announced(type).map((name) => {
      const { kind, verbs, ...gv } = SUBRESOURCES[name] ?? { kind: type.kind, verbs: ['get', 'patch', 'update'] };
      return {
        name: `${type.resource}/${name}`,
        singularName: '',
        namespaced: type.namespaced,
        ...gv,
        kind: kind || type.kind,
        verbs,
      };
    }),
  ]);
}

function byName(types: readonly ResourceType[]): ResourceType[] {
  return [...types].sort((a, b) => (a.resource < b.resource ? -1 : 1));
}

export function resourceList(cluster: ClusterState, groupVersion: string): unknown {
  const types = byName(cluster.registry.all().filter(({ apiVersion }) => apiVersion === groupVersion));
  if (types.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: resourcesOf(types) };
}

interface Group {
  name: string;
  versions: string[];
}

function groupsOf(cluster: ClusterState): Group[] {
  const groups = new Map<string, string[]>();
  for (const { group, version } of cluster.registry.all()) {
    if (group === '') continue;
    const versions = groups.get(group) ?? [];
    if (!versions.includes(version)) versions.push(version);
    groups.set(group, versions);
  }
  return [...groups].map(([name, versions]) => ({ name, versions: versions.sort(newestFirst) }));
}

/** Stable before beta before alpha, higher numbers first (Kubernetes version priority). */
function newestFirst(a: string, b: string): number {
  const rank = (version: string): number => {
    const [, major = '0', stage, minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    return (stage === undefined ? 2 : stage === 'beta' ? 1 : 0) * 1e6 + Number(major) * 1e3 + Number(minor);
  };
  return rank(b) - rank(a);
}

function apiGroup({ name, versions }: Group): Record<string, unknown> {
  const described = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: described, preferredVersion: described[0] };
}

export function groupList(cluster: ClusterState): unknown {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(cluster).map(apiGroup) };
}

export function groupDocument(cluster: ClusterState, name: string): unknown {
  const found = groupsOf(cluster).find((group) => group.name === name);
  if (found === undefined) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(found) };
}

function aggregatedVersion(cluster: ClusterState, group: string, version: string): unknown {
  const types = byName(cluster.registry.all().filter((type) => type.group === group && type.version === version));
  const resources = types.map((type) => ({
    resource: type.resource,
    responseKind: { group: type.group, version: type.version, kind: type.kind },
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: type.verbs,
    ...(type.shortNames.length > 0 ? { shortNames: type.shortNames } : {}),
    ...(type.categories.length > 0 ? { categories: type.categories } : {}),
    subresources: announced(type).map((name) => {
      const {
        kind,
        verbs,
        group: g = type.group,
        version: v = type.version,
      } = SUBRESOURCES[name] ?? { kind: '', verbs: ['get', 'patch', 'update'] };
      return { subresource: name, responseKind: { group: g, version: v, kind: kind || type.kind }, verbs };
    }),
  }));
  return { version, resources, freshness: 'Current' };
}

/** All groups in one answer (`as=APIGroupDiscoveryList`), for `/api` or `/apis`. */
export function aggregated(cluster: ClusterState, core: boolean): unknown {
  const groups = core ? [{ name: '', versions: ['v1'] }] : groupsOf(cluster);
  const items = groups.map(({ name, versions }) => ({
    metadata: { name, creationTimestamp: null },
    versions: versions.map((version) => aggregatedVersion(cluster, name, version)),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

export const VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4',
  gitCommit: 'embedded',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};
