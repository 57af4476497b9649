/**
 * Steps of a field path as `fieldsV1` writes them: `f:<field>`, `k:<keys as JSON>` (item of a list of type map),
 * `v:<value as JSON>` (item of a set), `i:<index>`.
 */
import type { ListType } from './types.ts';
import { isObject, sortedJson } from './values.ts';

/** The step to a field of an object. */
export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** The step to an item of a list of type map or set; undefined when the item has none of the keys. */
export function itemElement(type: ListType, item: unknown): string | undefined {
  if (type.list === 'set') return `v:${sortedJson(item)}`;
  const object = isObject(item) ? item : {};
  const keys: Record<string, unknown> = {};
  for (const key of type.keys) {
    const value = object[key] ?? type.keyDefaults?.[key];
    if (value !== undefined) keys[key] = value;
  }
  return Object.keys(keys).length > 0 ? `k:${sortedJson(keys)}` : undefined;
}

/** As the real server prints it: `.field`, `[name="a"]`, `[="value"]`, `[0]`. */
export function formatElement(element: string): string {
  const body = element.slice(2);
  if (element.startsWith('f:')) return `.${body}`;
  if (element.startsWith('v:')) return `[=${body}]`;
  if (element.startsWith('i:')) return `[${body}]`;
  const keys: Record<string, unknown> = JSON.parse(body);
  return `[${Object.entries(keys)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`;
}

const KIND_ORDER = 'fkvi';

function compareJson(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (isObject(left) && isObject(right)) return compareLists(Object.entries(left), Object.entries(right));
  if (Array.isArray(left) && Array.isArray(right)) return compareLists(left, right);
  const [a, b] = [
    typeof left === 'string' ? left : sortedJson(left),
    typeof right === 'string' ? right : sortedJson(right),
  ];
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareLists(left: readonly unknown[], right: readonly unknown[]): number {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareJson(left[i], right[i]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** The order of path elements in a set: fields, keyed items, values, indexes, each by value. */
export function compareElements(left: string, right: string): number {
  const kinds = KIND_ORDER.indexOf(left[0] ?? '') - KIND_ORDER.indexOf(right[0] ?? '');
  if (kinds !== 0) return kinds;
  if (left.startsWith('f:')) return left < right ? -1 : left > right ? 1 : 0;
  return compareJson(JSON.parse(left.slice(2)), JSON.parse(right.slice(2)));
}
