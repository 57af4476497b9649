import type { KubeClient } from '../../shared/kube/client.ts';
import { isDnsSubdomain } from '../../shared/kube/names.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { apiVersionOf, pathOf, type Resource } from '../../shared/kube/resources.ts';
import { HttpError } from './http-error.ts';

/** Owner of the fields that the API writes. */
export const FIELD_MANAGER = 'sympozium-api';

/**
 * An object as clients get it: with kind (the API server leaves it out of lists) and a status, which the original always
 * writes, and without `managedFields`, half the size of a list and of no use to a client (API-W23).
 */
export function presented(resource: Resource, object: KubeObject & { status?: unknown }): object {
  const { managedFields: _, ...metadata } = object.metadata as KubeObject['metadata'] & { managedFields?: unknown };
  return {
    ...object,
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata,
    status: object.status ?? {},
  };
}

/**
 * The object, or undefined. A text that cannot be a name is one that no object has; it never gets into a path, where dots
 * would lead elsewhere.
 */
export async function findObject<T extends KubeObject>(
  kube: KubeClient,
  resource: Resource,
  at: { namespace: string; name: string },
  options: { metadataOnly?: boolean } = {},
): Promise<T | undefined> {
  return isDnsSubdomain(at.name) ? kube.get<T>(resource, at, options) : undefined;
}

/** The object, or 404 with the text of the original. Other failures keep their own code (API-W27). */
export async function fetchObject<T extends KubeObject>(
  kube: KubeClient,
  resource: Resource,
  at: { namespace: string; name: string },
): Promise<T> {
  const object = await findObject<T>(kube, resource, at);
  if (object === undefined) throw missing(resource, at.name);
  return object;
}

/** Every object, by namespace and name; the API server's own order, which does not change between calls (API-W24). */
export async function listObjects(
  kube: KubeClient,
  resource: Resource,
  options: { namespace?: string; labelSelector?: string } = {},
): Promise<object[]> {
  const { items } = await kube.list(resource, options);
  return items.map((item) => presented(resource, item));
}

/** Asks for deletion; what is not there is 404. With finalizers the object goes later. */
export async function deleteObject(
  kube: KubeClient,
  resource: Resource,
  at: { namespace: string; name: string },
): Promise<void> {
  if (!isDnsSubdomain(at.name)) throw missing(resource, at.name);
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
  await kube.json({ method: 'DELETE', path: pathOf(resource, at.namespace, at.name), body });
}

function missing({ kind, group }: Resource, name: string): HttpError {
  return new HttpError(404, `${kind}${group === '' ? '' : `.${group}`} "${name}" not found`);
}
