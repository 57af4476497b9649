/** Structural pruning: leaves out what a schema does not know. */
import { isObject } from '../apply/values.ts';
import { childNode, type SchemaNode } from './node.ts';
import { joinPath } from './path.ts';
import type { JsonObject, Pruned } from './types.ts';

/** What every object has, whatever its schema says. */
const RESOURCE_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);

export function prune(object: JsonObject, root: SchemaNode): Pruned {
  const unknownPaths: string[] = [];
  const value = pruneObject(object, root, '', unknownPaths, true);
  return { value, unknownPaths: unknownPaths.sort() };
}

function pruneValue(value: unknown, node: SchemaNode, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) return node.items ? pruneList(value, node.items, path, unknown) : value;
  return isObject(value) ? pruneObject(value, node, path, unknown, node.embedded) : value;
}

function pruneObject(
  object: JsonObject,
  node: SchemaNode,
  path: string,
  unknown: string[],
  resource: boolean,
): JsonObject {
  let kept: JsonObject | undefined;
  for (const [name, value] of Object.entries(object)) {
    if (resource && RESOURCE_FIELDS.has(name)) continue;
    const child = childNode(node, name);
    const below = joinPath(path, name);
    if (child === undefined) unknown.push(below);
    const pruned = child === undefined || child === true ? value : pruneValue(value, child, below, unknown);
    if (child !== undefined && pruned === value) continue;
    kept ??= { ...object };
    if (child === undefined) delete kept[name];
    else kept[name] = pruned;
  }
  return kept ?? object;
}

function pruneList(list: readonly unknown[], items: SchemaNode, path: string, unknown: string[]): readonly unknown[] {
  const pruned = list.map((item, i) => pruneValue(item, items, `${path}[${i}]`, unknown));
  return pruned.every((item, i) => item === list[i]) ? list : pruned;
}
