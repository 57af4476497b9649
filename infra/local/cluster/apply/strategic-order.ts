/** `$setElementOrder/<list>` of strategic merge: the order that the client wants the list to have. */
import { StrategicError } from './strategic-error.ts';
import { isObject, sortedJson } from './values.ts';

function identity(item: unknown, key: string | undefined): string {
  return sortedJson(key !== undefined && isObject(item) ? (item[key] ?? null) : item);
}

/** Refuses a patch whose own items are not all in its order. */
export function orderErrors(patch: unknown, order: readonly unknown[], key: string | undefined): void {
  if (!Array.isArray(patch)) return;
  const wanted = order.map((item) => identity(item, key));
  let at = -1;
  for (const item of patch) {
    if (isObject(item) && item['$patch'] !== undefined) continue;
    const next = wanted.indexOf(identity(item, key), at + 1);
    if (next < 0) {
      throw new StrategicError(
        500,
        `The order in patch list:\n${printList(patch)}\n doesn't match $setElementOrder list:\n${printList(order)}\n`,
      );
    }
    at = next;
  }
}

/** As Go prints a list of maps. */
function printList(list: readonly unknown[]): string {
  const print = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`;
    if (!isObject(value)) return `${value}`;
    const fields = Object.keys(value).sort();
    return `map[${fields.map((name) => `${name}:${print(value[name])}`).join(' ')}]`;
  };
  return print(list);
}

/**
 * The list with the items of `order` in that order. The others keep their order and come before the first item that
 * they came before in `original`, else at the end.
 */
export function inElementOrder(
  list: readonly unknown[],
  order: readonly unknown[],
  original: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const wanted = order.map((item) => identity(item, key));
  const rank = new Map(original.map((item, i) => [identity(item, key), i]));
  const named = list.filter((item) => wanted.includes(identity(item, key)));
  const placed = named.sort((a, b) => wanted.indexOf(identity(a, key)) - wanted.indexOf(identity(b, key)));
  let from = 0;
  for (const item of list) {
    const own = identity(item, key);
    if (wanted.includes(own)) continue;
    const later = placed.findIndex(
      (other, i) => i >= from && (rank.get(identity(other, key)) ?? -1) > (rank.get(own) ?? -1),
    );
    const at = later < 0 ? placed.length : later;
    placed.splice(at, 0, item);
    from = at + 1;
  }
  return placed;
}
