/**
 * Sets of field paths, as trees. A node's `own` says that the path to it is in the set. Sets are never changed in place.
 */
import { compareElements, formatElement } from './path-element.ts';
import type { JsonObject } from './types.ts';
import { isObject } from './values.ts';

export interface FieldSet {
  readonly own: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const EMPTY_SET: FieldSet = { own: false, children: new Map() };

export function isEmptySet(set: FieldSet): boolean {
  return !set.own && set.children.size === 0;
}

/** A set under construction; `insert` says what path `at` and below hold. */
export class FieldSetBuilder {
  own = false;
  readonly children = new Map<string, FieldSetBuilder>();

  child(element: string): FieldSetBuilder {
    let child = this.children.get(element);
    if (!child) {
      child = new FieldSetBuilder();
      this.children.set(element, child);
    }
    return child;
  }

  build(): FieldSet {
    const children = new Map<string, FieldSet>();
    for (const [element, builder] of this.children) {
      const child = builder.build();
      if (!isEmptySet(child)) children.set(element, child);
    }
    return { own: this.own, children };
  }
}

type Combine = (left: FieldSet, right: FieldSet) => FieldSet;

function zip(left: FieldSet, right: FieldSet, own: boolean, combine: Combine, elements: Iterable<string>): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const element of elements) {
    const child = combine(left.children.get(element) ?? EMPTY_SET, right.children.get(element) ?? EMPTY_SET);
    if (!isEmptySet(child)) children.set(element, child);
  }
  return { own, children };
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right || isEmptySet(right)) return left;
  if (isEmptySet(left)) return right;
  const elements = new Set([...left.children.keys(), ...right.children.keys()]);
  return zip(left, right, left.own || right.own, union, elements);
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmptySet(left) || isEmptySet(right)) return EMPTY_SET;
  return zip(left, right, left.own && right.own, intersection, left.children.keys());
}

/** Paths of `left` that are not in `right`; a path below one of `right` stays. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmptySet(left) || isEmptySet(right)) return left;
  return zip(left, right, left.own && !right.own, difference, left.children.keys());
}

/** Paths of `left` that are neither in `right` nor below a path of it. */
export function recursiveDifference(left: FieldSet, right: FieldSet): FieldSet {
  if (right.own) return EMPTY_SET;
  if (isEmptySet(left) || isEmptySet(right)) return left;
  return zip(left, right, left.own, recursiveDifference, left.children.keys());
}

/** The set of the given paths, each with dots between fields. */
export function setOfFields(paths: readonly string[]): FieldSet {
  const root = new FieldSetBuilder();
  for (const path of paths) {
    let node = root;
    for (const name of path.split('.')) node = node.child(`f:${name}`);
    node.own = true;
  }
  return root.build();
}

/** Reads `fieldsV1`. A node with nothing in it is a path of the set; one with parts is when it has `.`. */
export function parseFields(fields: JsonObject): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, value] of Object.entries(fields)) {
    if (element !== '.') children.set(element, parseFields(isObject(value) ? value : {}));
  }
  return { own: '.' in fields || children.size === 0, children };
}

/** Writes `fieldsV1`, in the order of the real server. */
export function formatFields(set: FieldSet): JsonObject {
  const fields: JsonObject = {};
  if (set.own && set.children.size > 0) fields['.'] = {};
  for (const element of [...set.children.keys()].sort(compareElements)) {
    fields[element] = formatFields(set.children.get(element) ?? EMPTY_SET);
  }
  return fields;
}

/** Every path of the set as text, such as `.spec.list[name="a"].image`; of one level first, then of those below. */
export function listPaths(set: FieldSet, prefix = ''): string[] {
  const elements = [...set.children].sort(([a], [b]) => compareElements(a, b));
  const here = elements.filter(([, child]) => child.own).map(([element]) => prefix + formatElement(element));
  return here.concat(elements.flatMap(([element, child]) => listPaths(child, prefix + formatElement(element))));
}
