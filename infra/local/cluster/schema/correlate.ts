/** Which item of the old list a new item was. Only lists of type map can tell. */
import { isObject } from '../apply/values.ts';
import type { SchemaNode } from './node.ts';

/** From the old list to a look-up of the item that a new item was; undefined for a new one. */
export function correlate({ schema }: SchemaNode, old: unknown): (item: unknown) => unknown {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return () => undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keyOf = (item: unknown) => JSON.stringify(keys.map((key) => (isObject(item) ? item[key] : undefined)));
  const items = new Map(old.map((item) => [keyOf(item), item]));
  return (item) => items.get(keyOf(item));
}
