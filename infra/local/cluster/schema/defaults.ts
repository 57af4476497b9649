/** Defaulting by a structural schema. */
import { isObject } from '../apply/values.ts';
import type { SchemaNode } from './node.ts';
import type { JsonObject } from './types.ts';

/**
 * Fills in defaults, top down, also inside a default. Null where the schema does not allow it counts as absent: it
 * takes the default, or goes when there is none.
 */
export function applyDefaults(object: JsonObject, root: SchemaNode): JsonObject {
  return defaultObject(object, root, true);
}

function defaultValue(value: unknown, node: SchemaNode): unknown {
  if (Array.isArray(value)) return node.items ? defaultList(value, node.items) : value;
  return isObject(value) ? defaultObject(value, node, node.embedded) : value;
}

function defaultObject(object: JsonObject, node: SchemaNode, resource: boolean): JsonObject {
  const changes: JsonObject = {};
  const gone: string[] = [];
  for (const [name, property] of node.properties) {
    if (resource && name === 'metadata') continue;
    const value = object[name];
    const filled = isAbsent(value, property) ? structuredClone(property.schema.default) : value;
    const next = filled === undefined ? undefined : defaultValue(filled, property);
    if (next === undefined && value === null) gone.push(name);
    else if (next !== value) changes[name] = next;
  }
  if (typeof node.additional === 'object') defaultFreeKeys(object, node, node.additional, changes);
  if (gone.length === 0 && Object.keys(changes).length === 0) return object;
  const next = { ...object, ...changes };
  for (const name of gone) delete next[name];
  return next;
}

function defaultFreeKeys(object: JsonObject, node: SchemaNode, additional: SchemaNode, changes: JsonObject): void {
  for (const [name, value] of Object.entries(object)) {
    if (node.properties.has(name)) continue;
    const absent = isAbsent(value, additional) && additional.schema.default !== undefined;
    const next = defaultValue(absent ? structuredClone(additional.schema.default) : value, additional);
    if (next !== value) changes[name] = next;
  }
}

function defaultList(list: readonly unknown[], items: SchemaNode): readonly unknown[] {
  const next = list.map((item) => {
    const absent = isAbsent(item, items) && items.schema.default !== undefined;
    return defaultValue(absent ? structuredClone(items.schema.default) : item, items);
  });
  return next.every((item, i) => item === list[i]) ? list : next;
}

function isAbsent(value: unknown, node: SchemaNode): boolean {
  return value === undefined || (value === null && node.schema.nullable !== true);
}
