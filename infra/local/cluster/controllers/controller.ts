import type { KubeClient } from '../../../../shared/kube/client.ts';
import { controllerReference, type KubeObject, type ObjectMeta } from '../../../../shared/kube/objects.ts';
import { apiVersionOf, PODS, pathOf, type Resource } from '../../../../shared/kube/resources.ts';
import type { Pod, PodTemplate } from '../client/core-types.ts';
import type { Informers } from '../client/informer.ts';

/** What each controller is given: one client for requests, shared informers for what to react to. */
export interface ControllerContext {
  client: KubeClient;
  informers: Informers;
  log(message: string): void;
}

export interface Controller {
  close(): Promise<void>;
}

export const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export function isOwnedBy(object: KubeObject, uid: string | undefined): boolean {
  return (
    uid !== undefined &&
    object.metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) === true
  );
}

/** The key of the controller of that kind, so that a child's event wakes its owner. */
export function ownerKey(object: KubeObject, kind: string): string | undefined {
  const owner = object.metadata.ownerReferences?.find((ref) => ref.controller === true && ref.kind === kind);
  return owner === undefined ? undefined : `${object.metadata.namespace ?? ''}/${owner.name}`;
}

export interface ChildPod {
  owner: KubeObject;
  template: PodTemplate;
  labels?: Record<string, string>;
  finalizers?: string[];
  spec?: Record<string, unknown>;
}

/** Creates a pod from a template, named `<owner>-xxxxx` by the API server. */
export async function createPod(client: KubeClient, fieldManager: string, child: ChildPod): Promise<Pod> {
  const { owner, template } = child;
  const metadata: Omit<ObjectMeta, 'name'> = {
    generateName: `${owner.metadata.name.slice(0, 57)}-`,
    labels: { ...template.metadata?.labels, ...child.labels },
    ...(template.metadata?.annotations !== undefined && { annotations: template.metadata.annotations }),
    finalizers: [...(template.metadata?.finalizers ?? []), ...(child.finalizers ?? [])],
    ownerReferences: [controllerReference(owner)],
  };
  return client.json<Pod>({
    method: 'POST',
    path: pathOf(PODS, owner.metadata.namespace),
    query: { fieldManager },
    body: { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...template.spec, ...child.spec } },
  });
}

/** Merge-patches the status under the resource version it was computed from, so that a stale pass cannot win. */
export async function patchStatus(
  client: KubeClient,
  resource: Resource,
  object: KubeObject,
  status: unknown,
  fieldManager: string,
): Promise<void> {
  const { namespace, name, resourceVersion } = object.metadata;
  await client.json({
    method: 'PATCH',
    path: `${pathOf(resource, namespace, name)}/status`,
    query: { fieldManager },
    body: { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { resourceVersion }, status },
    contentType: 'application/merge-patch+json',
  });
}
