/** Takes paths out of an object. */
import type { FieldSet } from './field-set.ts';
import { fieldElement, itemElement } from './path-element.ts';
import { fieldType, resolve } from './resolve.ts';
import type { JsonObject, ListType, MapType, TypeInfo } from './types.ts';
import { isObject } from './values.ts';

/**
 * The value without the paths of the set. A map or list that loses its last part becomes null, as in the real server
 * (built-in kinds drop it, a schema that is not nullable refuses it).
 */
export function removePaths(value: unknown, set: FieldSet, type: TypeInfo): unknown {
  if (set.children.size === 0) return value;
  const resolved = resolve(type, value);
  if (resolved.kind === 'map') return resolved.atomic || !isObject(value) ? null : removeFields(value, set, resolved);
  if (resolved.kind === 'list')
    return resolved.list === 'atomic' || !Array.isArray(value) ? null : removeItems(value, set, resolved);
  return value;
}

function removeFields(value: JsonObject, set: FieldSet, type: MapType): JsonObject | null {
  const kept: JsonObject = {};
  for (const [name, child] of Object.entries(value)) {
    const below = set.children.get(fieldElement(name));
    if (!below) kept[name] = child;
    else if (!below.own) kept[name] = removePaths(child, below, fieldType(type, name).type);
  }
  return Object.keys(kept).length > 0 ? kept : null;
}

function removeItems(value: readonly unknown[], set: FieldSet, type: ListType): unknown[] | null {
  const kept: unknown[] = [];
  for (const item of value) {
    const below = set.children.get(itemElement(type, item) ?? '');
    if (!below) kept.push(item);
    else if (!below.own) kept.push(removePaths(item, below, type.item));
  }
  return kept.length > 0 ? kept : null;
}

/** The set, with every declared field that has paths below it as a path too: it goes when its parts go. */
export function withNamedFields(set: FieldSet, type: TypeInfo): FieldSet {
  if (set.children.size === 0) return set;
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const field = element.startsWith('f:') && type.kind === 'map' ? type.field(element.slice(2)) : undefined;
    const below = withNamedFields(child, field?.type ?? itemType(type));
    const named = field?.declared === true && child.children.size > 0;
    children.set(element, named && !below.own ? { own: true, children: below.children } : below);
  }
  return { own: set.own, children };
}

function itemType(type: TypeInfo): TypeInfo {
  return type.kind === 'list' ? type.item : { kind: 'deduced' };
}
