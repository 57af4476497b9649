/** The paths that an object's values are at: what an applier owns by its configuration. */
import { type FieldSet, FieldSetBuilder } from './field-set.ts';
import { fieldElement, itemElement } from './path-element.ts';
import { fieldType, resolve } from './resolve.ts';
import type { ListType, MapType, TypeInfo } from './types.ts';
import { isEmpty, isObject } from './values.ts';

/** The set of an object's leaves, list items and free map keys. */
export function fieldSetOf(value: unknown, type: TypeInfo): FieldSet {
  const root = new FieldSetBuilder();
  insertValue(root, value, type);
  return root.build();
}

function insertValue(at: FieldSetBuilder, value: unknown, type: TypeInfo): void {
  const resolved = resolve(type, value);
  if (resolved.kind === 'scalar') at.own = true;
  else if (resolved.kind === 'map') insertMap(at, value, resolved);
  else insertList(at, value, resolved);
}

function insertMap(at: FieldSetBuilder, value: unknown, type: MapType): void {
  if (type.atomic) at.own = true;
  if (type.atomic || !isObject(value)) return;
  for (const [name, child] of Object.entries(value)) {
    const field = fieldType(type, name);
    const below = at.child(fieldElement(name));
    insertValue(below, child, field.type);
    if (!field.declared || (isEmpty(child) && !Array.isArray(child))) below.own = true;
  }
}

function insertList(at: FieldSetBuilder, value: unknown, type: ListType): void {
  if (type.list === 'atomic') at.own = true;
  if (type.list === 'atomic' || !Array.isArray(value)) return;
  for (const item of value) {
    const element = itemElement(type, item);
    if (element === undefined) continue;
    const below = at.child(element);
    insertValue(below, item, type.item);
    below.own = true;
  }
}
