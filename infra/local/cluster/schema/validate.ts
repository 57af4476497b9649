/** What is wrong with a value by its schema (without CEL rules). */
import { deepEqual, isObject } from '../apply/values.ts';
import { duplicate, invalid, notSupported, required, tooLong, tooMany, wrongType } from './causes.ts';
import { checkCombinations } from './combinations.ts';
import { correlate } from './correlate.ts';
import { isIntOrString, type SchemaNode } from './node.ts';
import { joinPath } from './path.ts';
import type { Cause, JsonObject } from './types.ts';

/**
 * Collects what is wrong. `old` is the value that the object had here; a value that is still the same is not judged
 * again (ratcheting).
 */
export function checkValue(causes: Cause[], value: unknown, old: unknown, node: SchemaNode, path: string): void {
  if (old !== undefined && deepEqual(value, old)) return;
  if (value === null && node.schema.nullable) return;
  const fits = checkType(causes, value, node, path);
  if (node.schema.enum && !node.schema.enum.some((one) => deepEqual(one, value))) {
    causes.push(notSupported(path, value, node.schema.enum));
  }
  if (!fits) return;
  if (typeof value === 'string') checkString(causes, value, node, path);
  else if (typeof value === 'number') checkNumber(causes, value, node, path);
  else if (Array.isArray(value)) checkList(causes, value, old, node, path);
  else if (isObject(value)) checkObject(causes, value, old, node, path);
  checkCombinations(causes, value, node, path);
}

/** The type's name in messages. */
function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkType(causes: Cause[], value: unknown, { schema }: SchemaNode, path: string): boolean {
  const got = typeName(value);
  const expected = isIntOrString(schema) ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  if (expected.length === 0) return true;
  if (expected.includes(got) || (got === 'integer' && expected.includes('number'))) return true;
  causes.push(wrongType(path, expected.join(','), got));
  return false;
}

function checkString(causes: Cause[], value: string, { schema, pattern, format }: SchemaNode, path: string): void {
  const length = schema.maxLength === undefined && schema.minLength === undefined ? 0 : [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) causes.push(tooLong(path, schema.maxLength));
  if (schema.minLength !== undefined && length < schema.minLength) {
    causes.push(invalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`));
  }
  if (pattern && !pattern.test(value))
    causes.push(invalid(path, value, `${path} in body should match '${schema.pattern}'`));
  if (format && !format(value)) {
    const message = `Invalid value: ${JSON.stringify(value)}: ${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`;
    causes.push({ reason: 'FieldValueTypeInvalid', field: path, message });
  }
}

function checkNumber(causes: Cause[], value: number, { schema }: SchemaNode, path: string): void {
  const { minimum, maximum, multipleOf } = schema;
  const say = (detail: string) => causes.push(invalid(path, value, `${path} in body should be ${detail}`));
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) say(`a multiple of ${multipleOf}`);
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum && value >= maximum) say(`less than ${maximum}`);
    else if (value > maximum) say(`less than or equal to ${maximum}`);
  }
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum && value <= minimum) say(`greater than ${minimum}`);
    else if (value < minimum) say(`greater than or equal to ${minimum}`);
  }
}

function checkList(causes: Cause[], list: readonly unknown[], old: unknown, node: SchemaNode, path: string): void {
  const { minItems, maxItems } = node.schema;
  if (maxItems !== undefined && list.length > maxItems) causes.push(tooMany(path, list.length, maxItems));
  if (minItems !== undefined && list.length < minItems) {
    causes.push(invalid(path, list.length, `${path} in body should have at least ${minItems} items`));
  }
  const items = node.items;
  if (items) {
    const oldItem = correlate(node, old);
    for (const [i, item] of list.entries()) checkValue(causes, item, oldItem(item), items, `${path}[${i}]`);
  }
  checkUnique(causes, list, node, path);
}

function checkUnique(causes: Cause[], list: readonly unknown[], { schema }: SchemaNode, path: string): void {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map') return;
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const value = listType === 'set' ? item : keysOf(item, schema['x-kubernetes-list-map-keys'] ?? []);
    const text = JSON.stringify(value);
    if (seen.has(text)) causes.push(duplicate(`${path}[${i}]`, value));
    seen.add(text);
  }
}

function keysOf(item: unknown, keys: readonly string[]): JsonObject {
  const object = isObject(item) ? item : {};
  return Object.fromEntries(keys.filter((key) => object[key] !== undefined).map((key) => [key, object[key]]));
}

function checkObject(causes: Cause[], object: JsonObject, old: unknown, node: SchemaNode, path: string): void {
  const { minProperties, maxProperties } = node.schema;
  const count = minProperties === undefined && maxProperties === undefined ? 0 : Object.keys(object).length;
  if (maxProperties !== undefined && count > maxProperties) causes.push(tooMany(path, count, maxProperties));
  if (minProperties !== undefined && count < minProperties) {
    causes.push(invalid(path, count, `${path} in body should have at least ${minProperties} properties`));
  }
  for (const name of node.required) if (object[name] === undefined) causes.push(required(joinPath(path, name)));
  if (node.embedded) checkEmbedded(causes, object, node, path);
  const before = isObject(old) ? old : {};
  for (const [name, value] of Object.entries(object)) {
    const child = node.properties.get(name) ?? node.additional;
    if (typeof child === 'object' && value !== undefined)
      checkValue(causes, value, before[name], child, joinPath(path, name));
  }
}

function checkEmbedded(causes: Cause[], object: JsonObject, node: SchemaNode, path: string): void {
  for (const name of ['apiVersion', 'kind']) {
    if (object[name] === undefined && !node.required.includes(name)) causes.push(required(joinPath(path, name)));
  }
}
