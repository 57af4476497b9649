import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeClient } from '../../../shared/kube/client.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import { apiVersionOf, NAMESPACES, type Resource } from '../../../shared/kube/resources.ts';
import { ROOT } from '../../bundle/bundle.ts';

/** An object as a file holds it. */
export type Manifest = KubeObject & Record<string, unknown>;

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

/** Applies manifests to a cluster in the order given, asking it where each kind is served. */
export function createApplier(kube: KubeClient, fieldManager: string) {
  const known = new Map<string, Promise<Resource[]>>();

  async function resourceOf({ apiVersion, kind }: KubeObject): Promise<Resource> {
    const found = (await served(apiVersion)).find((resource) => resource.kind === kind);
    if (found === undefined) throw new Error(`The cluster does not serve ${kind} of ${apiVersion}`);
    return found;
  }
  function served(apiVersion: string): Promise<Resource[]> {
    let resources = known.get(apiVersion);
    if (resources === undefined) {
      resources = discover(apiVersion);
      known.set(apiVersion, resources);
    }
    return resources;
  }
  async function discover(apiVersion: string): Promise<Resource[]> {
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const { resources } = await kube.json<ResourceList>({ method: 'GET', path });
    return resources
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }));
  }
  return async (objects: readonly Manifest[]): Promise<void> => {
    for (const object of objects) await kube.apply(await resourceOf(object), object, { fieldManager });
  };
}

/** The CRDs; the identities of relay, host and functions with their namespace; the built-in content. */
export async function platformObjects(): Promise<{ crds: Manifest[]; identities: Manifest[]; content: Manifest[] }> {
  const crds = await manifestsUnder('crds/generated');
  const namespace = {
    apiVersion: apiVersionOf(NAMESPACES),
    kind: NAMESPACES.kind,
    metadata: { name: 'sympozium-system' },
  };
  return {
    crds,
    identities: [namespace, ...(await documentsOf(join(ROOT, 'infra/generated/rbac.yaml')))],
    content: await manifestsUnder('infra/content'),
  };
}

/** Waits until the API server serves every CRD. */
export async function established(kube: KubeClient, crds: readonly KubeObject[]): Promise<void> {
  const of = {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
  };
  for (const { metadata } of crds) {
    for (;;) {
      const crd = await kube.get<KubeObject & { status?: { conditions?: { type: string; status: string }[] } }>(of, {
        name: metadata.name,
      });
      if (crd?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True')) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Every document of the YAML files in a folder of the project, in the order of their paths. */
export async function manifestsUnder(folder: string): Promise<Manifest[]> {
  const files = (await readdir(join(ROOT, folder), { recursive: true }))
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  return (await Promise.all(files.map((file) => documentsOf(join(ROOT, folder, file))))).flat();
}

/** Every document of a YAML file. */
export async function documentsOf(path: string): Promise<Manifest[]> {
  const documents = parseAllDocuments(await readFile(path, 'utf8'));
  return documents.map((document) => document.toJS() as Manifest);
}
