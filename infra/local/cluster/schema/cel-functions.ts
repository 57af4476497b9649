/** Functions that Kubernetes adds to CEL: lists, strings, regex, sets, URLs, addresses, quantities. */
import type { Environment } from '@marcbachmann/cel-js';
import { NANO, parseQuantity } from '../../../../shared/kube/quantity.ts';
import { isObject } from '../apply/values.ts';
import { registerAddresses } from './cel-addresses.ts';
import { registerAuthorizer } from './cel-authorizer.ts';
import { goPattern } from './formats.ts';

/** A quantity in CEL, in billionths. */
class Quantity {
  readonly nano: bigint;

  constructor(nano: bigint) {
    this.nano = nano;
  }
}

/** What `sets.contains(…)` is called on. */
class SetFunctions {}

type Comparable = bigint | number | string | boolean | Date;

/** Registers the functions with an environment that has no variables yet. */
export function registerKubernetesFunctions(env: Environment): Environment {
  registerLists(env);
  registerStrings(env);
  registerSets(env);
  registerAddresses(env);
  registerAuthorizer(env);
  return registerQuantities(env);
}

function pick(list: readonly Comparable[], better: (a: Comparable, b: Comparable) => boolean): Comparable {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error('min and max need a list that is not empty');
  return rest.reduce((best, item) => (better(item, best) ? item : best), first);
}

function sum(list: readonly (bigint | number)[]): bigint | number {
  if (typeof list[0] === 'number') return list.reduce<number>((total, item) => total + Number(item), 0);
  return list.reduce<bigint>((total, item) => total + BigInt(item), 0n);
}

function registerLists(env: Environment): void {
  env
    .registerFunction('list.isSorted(): bool', (list: Comparable[]) =>
      list.every((item, i) => i === 0 || (list[i - 1] ?? item) <= item),
    )
    .registerFunction('list.sum(): dyn', sum)
    .registerFunction('list.min(): dyn', (list: Comparable[]) => pick(list, (a, b) => a < b))
    .registerFunction('list.max(): dyn', (list: Comparable[]) => pick(list, (a, b) => a > b))
    .registerFunction('list.indexOf(dyn): int', (list: unknown[], item: unknown) =>
      BigInt(list.findIndex((other) => same(other, item))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: unknown[], item: unknown) =>
      BigInt(list.findLastIndex((other) => same(other, item))),
    );
}

/** JSON-like equality of CEL values; bigints have no JSON. */
function same(left: unknown, right: unknown): boolean {
  return left === right || text(left) === text(right);
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part)) ?? '';
}

function regex(pattern: string): RegExp {
  const compiled = goPattern(pattern);
  if (!compiled) throw new Error(`error parsing regexp: ${pattern}`);
  return compiled;
}

function findAll(value: string, pattern: string, limit = -1n): string[] {
  const found = [...value.matchAll(new RegExp(regex(pattern), `g${regex(pattern).flags}`))].map(([match]) => match);
  return limit < 0n ? found : found.slice(0, Number(limit));
}

/** Replaces the first `limit`, all when it is negative. */
function replaceSome(value: string, from: string, to: string, limit: bigint): string {
  let done = 0n;
  return value.replaceAll(from, (found) => (limit >= 0n && done++ >= limit ? found : to));
}

function format(template: string, values: readonly unknown[]): string {
  let next = 0;
  return template.replace(/%(%|(?:\.(\d+))?[sdfexXob])/g, (_, verb: string, digits?: string) => {
    if (verb === '%') return '%';
    const value = values[next++];
    if (verb.endsWith('f')) return Number(value).toFixed(Number(digits ?? 6));
    if (verb === 'x') return BigInt(Number(value)).toString(16);
    return typeof value === 'string' ? value : printed(value);
  });
}

/** A value within a list or map, as `format` prints it. */
function printed(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(printed).join(', ')}]`;
  if (!isObject(value)) return `${value}`;
  const fields = Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}: ${printed(part)}`);
  return `{${fields.sort().join(', ')}}`;
}

function registerStrings(env: Environment): void {
  env
    .registerFunction('string.charAt(int): string', (value: string, at: bigint) => value.charAt(Number(at)))
    .registerFunction('string.replace(string, string): string', (value: string, from: string, to: string) =>
      value.replaceAll(from, () => to),
    )
    .registerFunction('string.replace(string, string, int): string', replaceSome)
    .registerFunction(
      'string.find(string): string',
      (value: string, pattern: string) => regex(pattern).exec(value)?.[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (value: string, pattern: string) =>
      findAll(value, pattern),
    )
    .registerFunction('string.findAll(string, int): list<string>', findAll)
    .registerFunction('string.format(list): string', format);
}

function registerSets(env: Environment): void {
  const has = (list: unknown[], item: unknown) => list.some((other) => same(other, item));
  const contains = (list: unknown[], part: unknown[]) => part.every((item) => has(list, item));
  env
    .registerType('SetFunctions', { ctor: SetFunctions, fields: {} })
    .registerConstant('sets', 'SetFunctions', new SetFunctions())
    .registerFunction('SetFunctions.contains(list, list): bool', (_: unknown, a: unknown[], b: unknown[]) =>
      contains(a, b),
    )
    .registerFunction(
      'SetFunctions.equivalent(list, list): bool',
      (_: unknown, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a),
    )
    .registerFunction('SetFunctions.intersects(list, list): bool', (_: unknown, a: unknown[], b: unknown[]) =>
      a.some((item) => has(b, item)),
    );
}

function quantity(value: string): Quantity {
  const nano = parseQuantity(value);
  if (nano === undefined)
    throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  return new Quantity(nano);
}

function registerQuantities(env: Environment): Environment {
  const compare = (a: Quantity, b: Quantity) => (a.nano < b.nano ? -1n : a.nano > b.nano ? 1n : 0n);
  return env
    .registerType('Quantity', { ctor: Quantity, fields: {} })
    .registerFunction('quantity(string): Quantity', quantity)
    .registerFunction('isQuantity(string): bool', (value: string) => parseQuantity(value) !== undefined)
    .registerFunction('Quantity.compareTo(Quantity): int', compare)
    .registerFunction('Quantity.isGreaterThan(Quantity): bool', (a: Quantity, b: Quantity) => a.nano > b.nano)
    .registerFunction('Quantity.isLessThan(Quantity): bool', (a: Quantity, b: Quantity) => a.nano < b.nano)
    .registerFunction('Quantity.isInteger(): bool', (a: Quantity) => a.nano % NANO === 0n)
    .registerFunction('Quantity.asInteger(): int', (a: Quantity) => a.nano / NANO)
    .registerFunction('Quantity.asApproximateFloat(): double', (a: Quantity) => Number(a.nano) / Number(NANO))
    .registerFunction('Quantity.add(Quantity): Quantity', (a: Quantity, b: Quantity) => new Quantity(a.nano + b.nano))
    .registerFunction('Quantity.add(int): Quantity', (a: Quantity, b: bigint) => new Quantity(a.nano + b * NANO))
    .registerFunction('Quantity.sub(Quantity): Quantity', (a: Quantity, b: Quantity) => new Quantity(a.nano - b.nano))
    .registerFunction('Quantity.sub(int): Quantity', (a: Quantity, b: bigint) => new Quantity(a.nano - b * NANO))
    .registerOperator('Quantity == Quantity', (a: Quantity, b: Quantity) => a.nano === b.nano);
}
