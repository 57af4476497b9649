/** allOf, anyOf, oneOf and not, in the words of the real server. */

import type { SchemaNode } from './node.ts';
import { causeField } from './path.ts';
import type { Cause } from './types.ts';
import { checkValue } from './validate.ts';

export function checkCombinations(causes: Cause[], value: unknown, node: SchemaNode, path: string): void {
  if (node.allOf.length > 0) {
    const found = node.allOf.flatMap((one) => causesOf(value, one, path));
    causes.push(...found);
    if (found.length > 0) causes.push(say(path, 'must validate all the schemas (allOf)'));
  }
  if (node.anyOf.length > 0) checkAny(causes, value, node, path);
  if (node.oneOf.length > 0) checkOne(causes, value, node, path);
  if (node.not && causesOf(value, node.not, path).length === 0)
    causes.push(say(path, 'must not validate the schema (not)'));
}

function causesOf(value: unknown, node: SchemaNode, path: string): Cause[] {
  const causes: Cause[] = [];
  checkValue(causes, value, undefined, node, path);
  return causes;
}

function say(path: string, message: string): Cause {
  return { reason: 'FieldValueInvalid', field: causeField(''), message: `Invalid value: "": "${path}" ${message}` };
}

/** The alternative with the fewest faults says what is missing. */
function closest(alternatives: readonly (readonly Cause[])[]): readonly Cause[] {
  return alternatives.reduce((best, one) => (one.length < best.length ? one : best));
}

function checkAny(causes: Cause[], value: unknown, node: SchemaNode, path: string): void {
  const alternatives = node.anyOf.map((one) => causesOf(value, one, path));
  if (alternatives.some((one) => one.length === 0)) return;
  causes.push(say(path, 'must validate at least one schema (anyOf)'), ...closest(alternatives));
}

function checkOne(causes: Cause[], value: unknown, node: SchemaNode, path: string): void {
  const alternatives = node.oneOf.map((one) => causesOf(value, one, path));
  const valid = alternatives.filter((one) => one.length === 0).length;
  if (valid === 1) return;
  const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
  causes.push(say(path, `must validate one and only one schema (oneOf). ${found}`));
  if (valid === 0) causes.push(...closest(alternatives));
}
