import type { KubeObject } from './objects.ts';
import type { Resource } from './resources.ts';

/** How one object is read, whole or its metadata alone; undefined when there is none. */
export type ReadObject = <T extends KubeObject>(
  resource: Resource,
  key: { namespace?: string; name: string },
) => Promise<T | undefined>;

/** The object of a name from the first of the namespaces that has one: what a namespace does not have, the system's may. */
export async function firstFound<T extends KubeObject>(
  read: ReadObject,
  resource: Resource,
  name: string,
  namespaces: readonly string[],
): Promise<T | undefined> {
  for (const namespace of new Set(namespaces)) {
    const object = await read<T>(resource, { namespace, name });
    if (object !== undefined) return object;
  }
  return undefined;
}
