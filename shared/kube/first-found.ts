import type { KubeObject } from './objects.ts';
import type { Resource } from './resources.ts';

export type ReadObject<T extends KubeObject> = (
  resource: Resource,
  key: { namespace: string; name: string },
) => Promise<T | undefined>;

/** The object of a name from the first of the namespaces that has one: what a namespace does not have, the system's may. */
export async function firstFound<T extends KubeObject>(
  read: ReadObject<T>,
  resource: Resource,
  name: string,
  namespaces: readonly string[],
): Promise<T | undefined> {
  for (const namespace of new Set(namespaces)) {
    const object = await read(resource, { namespace, name });
    if (object !== undefined) return object;
  }
  return undefined;
}
