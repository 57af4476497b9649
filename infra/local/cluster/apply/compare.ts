/** What changed between two objects, as sets of field paths. */
import { type FieldSet, FieldSetBuilder, isEmptySet, recursiveDifference } from './field-set.ts';
import { fieldElement, itemElement } from './path-element.ts';
import { fieldType, resolve } from './resolve.ts';
import type { JsonObject, ListType, MapType, TypeInfo } from './types.ts';
import { deepEqual, isEmpty, isObject } from './values.ts';

export interface Comparison {
  readonly added: FieldSet;
  readonly removed: FieldSet;
  readonly modified: FieldSet;
}

/** Compares two objects of a type; undefined stands for an absent value. */
export function compare(left: unknown, right: unknown, type: TypeInfo): Comparison {
  const change = new Change(new FieldSetBuilder(), new FieldSetBuilder(), new FieldSetBuilder());
  compareValues(change, left, right, type);
  return { added: change.added.build(), removed: change.removed.build(), modified: change.modified.build() };
}

export function isSame(comparison: Comparison): boolean {
  return isEmptySet(comparison.added) && isEmptySet(comparison.removed) && isEmptySet(comparison.modified);
}

export function without(comparison: Comparison, ignored: FieldSet): Comparison {
  return {
    added: recursiveDifference(comparison.added, ignored),
    removed: recursiveDifference(comparison.removed, ignored),
    modified: recursiveDifference(comparison.modified, ignored),
  };
}

/** The three sets under construction, at one path. */
class Change {
  readonly added: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
  readonly modified: FieldSetBuilder;

  constructor(added: FieldSetBuilder, removed: FieldSetBuilder, modified: FieldSetBuilder) {
    this.added = added;
    this.removed = removed;
    this.modified = modified;
  }

  at(element: string): Change {
    return new Change(this.added.child(element), this.removed.child(element), this.modified.child(element));
  }

  /** Records the path itself. */
  note(left: unknown, right: unknown): void {
    if (left === undefined) this.added.own = true;
    else if (right === undefined) this.removed.own = true;
    else if (!deepEqual(left, right)) this.modified.own = true;
  }
}

function compareValues(change: Change, left: unknown, right: unknown, type: TypeInfo): void {
  if (left === right) return;
  const [leftType, rightType] = [resolve(type, left ?? right), resolve(type, right ?? left)];
  if (leftType.kind !== rightType.kind) change.note(left, right);
  for (const resolved of leftType.kind === rightType.kind ? [rightType] : [leftType, rightType]) {
    if (isLeaf(resolved, left, right)) change.note(left, right);
    else if (resolved.kind === 'map') compareMaps(change, left, right, resolved);
    else if (resolved.kind === 'list') compareLists(change, left, right, resolved);
  }
}

function isLeaf(type: TypeInfo, left: unknown, right: unknown): boolean {
  if (type.kind === 'scalar') return true;
  if (isEmpty(left) && isEmpty(right)) return true;
  return type.kind === 'map' ? type.atomic : type.kind === 'list' && type.list === 'atomic';
}

function compareMaps(change: Change, left: unknown, right: unknown, type: MapType): void {
  const [leftMap, rightMap] = [withStructs(left, type), withStructs(right, type)];
  for (const name of Object.keys(leftMap)) {
    if (leftMap[name] === rightMap[name]) continue;
    compareValues(change.at(fieldElement(name)), leftMap[name], rightMap[name], fieldType(type, name).type);
  }
  for (const name of Object.keys(rightMap)) {
    if (leftMap[name] !== undefined) continue;
    compareValues(change.at(fieldElement(name)), undefined, rightMap[name], fieldType(type, name).type);
  }
  if (left === undefined || right === undefined) change.note(left, right);
}

/** The map with the structs that the real server's type always has: being there is no change. */
function withStructs(value: unknown, type: MapType): JsonObject {
  if (!isObject(value)) return {};
  const missing = type.alwaysPresent?.filter((name) => value[name] === undefined) ?? [];
  if (missing.length === 0) return value;
  return { ...value, ...Object.fromEntries(missing.map((name) => [name, {}])) };
}

function compareLists(change: Change, left: unknown, right: unknown, type: ListType): void {
  const [leftItems, rightItems] = [groupItems(left, type), groupItems(right, type)];
  for (const element of new Set([...leftItems.keys(), ...rightItems.keys()])) {
    const [before, after] = [leftItems.get(element) ?? [], rightItems.get(element) ?? []];
    const below = change.at(element);
    if (before.length <= 1 && after.length <= 1) compareValues(below, before[0], after[0], type.item);
    // Duplicates are one value: nobody can own one of them.
    else below.note(before.length > 0 ? before : undefined, after.length > 0 ? after : undefined);
  }
  if (left === undefined || right === undefined) change.note(left, right);
}

function groupItems(value: unknown, type: ListType): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const item of Array.isArray(value) ? value : []) {
    const element = itemElement(type, item);
    if (element === undefined) continue;
    const group = groups.get(element);
    if (group) group.push(item);
    else groups.set(element, [item]);
  }
  return groups;
}
