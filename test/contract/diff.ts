/** One place where two JSON values differ. A side is undefined where it has nothing. */
export interface Difference {
  path: string;
  expected: unknown;
  actual: unknown;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * All differences, by path. Lists of named things (containers, variables, volumes) are compared by name, mounts by their path, conditions by type,
 * so that one that was added is one difference; `#order` tells when those that both have are in another order.
 */
export function differences(expected: unknown, actual: unknown, path = ''): Difference[] {
  if (isObject(expected) && isObject(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...keys].flatMap((key) => differences(expected[key], actual[key], `${path}/${key}`));
  }
  if (Array.isArray(expected) && Array.isArray(actual)) return ofLists(expected, actual, path);
  return JSON.stringify(expected) === JSON.stringify(actual) ? [] : [{ path, expected, actual }];
}

function ofLists(expected: unknown[], actual: unknown[], path: string): Difference[] {
  const key = keyOf([...expected, ...actual]);
  if (key === undefined) {
    const longest = expected.length > actual.length ? expected : actual;
    return longest.flatMap((_, index) => differences(expected[index], actual[index], `${path}/${index}`));
  }
  const named = (list: unknown[]): Json => Object.fromEntries(list.map((item) => [String((item as Json)[key]), item]));
  const [was, is] = [named(expected), named(actual)];
  const both = (list: Json, other: Json) => Object.keys(list).filter((name) => name in other);
  const [orderWas, orderIs] = [both(was, is), both(is, was)];
  const order =
    orderWas.join() === orderIs.join() ? [] : [{ path: `${path}/#order`, expected: orderWas, actual: orderIs }];
  return [...differences(was, is, path), ...order];
}

function keyOf(items: unknown[]): 'mountPath' | 'name' | 'type' | undefined {
  if (items.length === 0 || !items.every(isObject)) return undefined;
  return (['mountPath', 'name', 'type'] as const).find((key) => items.every((item) => typeof item[key] === 'string'));
}
