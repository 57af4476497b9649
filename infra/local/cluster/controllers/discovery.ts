import type { KubeClient } from '../../../../shared/kube/client.ts';
import type { Resource } from '../../../../shared/kube/resources.ts';

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs?: string[];
}

/** Groups whose objects are never stored, or are another view of what a newer group stores. */
const SKIPPED_GROUPS = new Set(['events.k8s.io', 'metrics.k8s.io', 'authorization.k8s.io', 'authentication.k8s.io']);
/** Garbage collection does not look at these: they are many, and own nothing. */
const SKIPPED_RESOURCES = new Set(['events', 'componentstatuses', 'bindings']);

/** Every stored resource of the API server in its preferred version, also of CRDs. */
export async function discoverResources(client: KubeClient): Promise<Resource[]> {
  const groups = await client.json<{ groups: { name: string; preferredVersion: { version: string } }[] }>({
    method: 'GET',
    path: '/apis',
  });
  const all = [
    { name: '', preferredVersion: { version: 'v1' } },
    ...groups.groups.filter(({ name }) => !SKIPPED_GROUPS.has(name)),
  ];
  const found = await Promise.all(
    all.map(({ name, preferredVersion }) => resourcesOf(client, name, preferredVersion.version)),
  );
  return found.flat();
}

async function resourcesOf(client: KubeClient, group: string, version: string): Promise<Resource[]> {
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  // A group may be going away between the two requests.
  const { resources } = await client
    .json<{ resources: ApiResource[] }>({ method: 'GET', path })
    .catch(() => ({ resources: [] }));
  return resources
    .filter(({ name }) => !name.includes('/') && !SKIPPED_RESOURCES.has(name))
    .filter(({ verbs = [] }) => ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb)))
    .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }));
}
