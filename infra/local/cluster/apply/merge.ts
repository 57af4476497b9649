/** Merges an applied configuration into an object: by field, by list item, atomic values as a whole. */
import { itemElement } from './path-element.ts';
import { fieldType, resolve } from './resolve.ts';
import type { JsonObject, ListType, MapType, TypeInfo } from './types.ts';
import { isEmpty, isObject } from './values.ts';

/** What `left` becomes with `right` applied; undefined stands for an absent value. Is `left` when nothing changed. */
export function merge(left: unknown, right: unknown, type: TypeInfo): unknown {
  if (right === undefined || left === right) return left;
  const resolved = resolve(type, right);
  if (resolved.kind === 'map' && !resolved.atomic) return mergeMaps(left, right, resolved);
  if (resolved.kind === 'list' && resolved.list !== 'atomic') return mergeLists(left, right, resolved);
  return right;
}

function mergeMaps(left: unknown, right: unknown, type: MapType): unknown {
  if (!isObject(left) || !isObject(right) || isEmpty(left)) return isEmpty(right) && !isEmpty(left) ? left : right;
  const changes: JsonObject = {};
  for (const [name, value] of Object.entries(right)) {
    const merged = merge(left[name], value, fieldType(type, name).type);
    if (merged !== left[name]) changes[name] = merged;
  }
  return Object.keys(changes).length > 0 ? { ...left, ...changes } : left;
}

/** One item of a list being merged: what it is now, what is applied, by its path element. */
type Items = ReadonlyMap<string, unknown>;

function mergeLists(left: unknown, right: unknown, type: ListType): unknown {
  if (!Array.isArray(left) || !Array.isArray(right) || isEmpty(left)) {
    return isEmpty(right) && !isEmpty(left) ? left : right;
  }
  const [present, applied] = [itemsOf(left, type), itemsOf(right, type)];
  const merged = mergedOrder(present, applied).map((element) =>
    present.has(element) ? merge(present.get(element), applied.get(element), type.item) : applied.get(element),
  );
  return merged.length === left.length && merged.every((item, i) => item === left[i]) ? left : merged;
}

function itemsOf(list: readonly unknown[], type: ListType): Items {
  // An item that can't be told apart gets a place of its own.
  return new Map(list.map((item, i) => [itemElement(type, item) ?? `i:${i}`, item]));
}

/**
 * Items come in the order of the applied list; those it does not have stay where they are among their neighbours
 * (structured-merge-diff's order).
 */
function mergedOrder(present: Items, applied: Items): string[] {
  const waiting = [...applied.keys()];
  const order: string[] = [];
  for (const element of present.keys()) {
    if (!applied.has(element)) order.push(element);
    // An applied item that is present comes when it is the next such one; those before it in the applied list come first.
    else if (element === waiting.find((other) => present.has(other))) {
      order.push(...waiting.splice(0, waiting.indexOf(element) + 1));
    }
  }
  return order.concat(waiting);
}
