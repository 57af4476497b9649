/** Whether a schema is structural, and what else a CustomResourceDefinition's schema must not have (apiextensions' validation). */
import { deepEqual, isObject } from '../apply/values.ts';
import { forbidden, invalid, notSupported, required } from './causes.ts';
import { applyDefaults } from './defaults.ts';
import { goPattern, isOnlyJavaScript } from './formats.ts';
import { checkListType } from './list-types.ts';
import { schemaNode } from './node.ts';
import { prune } from './prune.ts';
import type { Cause, JsonObject, JsonSchema } from './types.ts';
import { checkValue } from './validate.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** Fields that allOf, anyOf, oneOf and not must leave to the schema around them. */
const ONLY_OUTSIDE: readonly (keyof JsonSchema)[] = ['type', 'description', 'title'];
const ONLY_OUTSIDE_UNDEFINED: readonly (keyof JsonSchema)[] = ['default', 'additionalProperties', 'nullable'];
const ONLY_OUTSIDE_EXTENSIONS: readonly (keyof JsonSchema)[] = [
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
];

/** Collects what makes a schema no structural one. */
export function checkStructural(causes: Cause[], schema: JsonSchema, path: string): void {
  if (schema.type !== 'object') {
    causes.push(
      schema.type
        ? invalid(`${path}.type`, schema.type, 'must be object at the root')
        : required(`${path}.type`, 'must not be empty at the root'),
    );
  }
  checkMetadata(causes, schema.properties?.['metadata'], `${path}.properties[metadata]`);
  checkNode(causes, schema, path);
}

function checkMetadata(causes: Cause[], metadata: JsonSchema | undefined, path: string): void {
  if (!metadata) return;
  if (metadata.default !== undefined)
    causes.push(forbidden(`${path}.default`, 'must not be set in top-level metadata'));
  const known = Object.keys(metadata.properties ?? {}).every((name) => name === 'name' || name === 'generateName');
  if (!known) {
    causes.push(
      forbidden(
        path,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
  }
}

function checkNode(causes: Cause[], schema: JsonSchema, path: string): void {
  checkType(causes, schema, path);
  checkForbidden(causes, schema, path);
  checkEmbedded(causes, schema, path);
  checkListType(causes, schema, path);
  checkDefault(causes, schema, path);
  for (const kind of ['allOf', 'anyOf', 'oneOf'] as const) {
    const freeType = kind === 'anyOf' && !schema.type;
    for (const [i, part] of (schema[kind] ?? []).entries())
      checkInside(causes, part, `${path}.${kind}[${i}]`, freeType);
  }
  if (schema.not) checkInside(causes, schema.not, `${path}.not`, false);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    checkNode(causes, property, `${path}.properties[${name}]`);
  if (typeof schema.additionalProperties === 'object')
    checkNode(causes, schema.additionalProperties, `${path}.additionalProperties`);
  if (isObject(schema.items)) checkNode(causes, schema.items, `${path}.items`);
}

function checkType(causes: Cause[], schema: JsonSchema, path: string): void {
  const { type } = schema;
  const free =
    schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'] || '$ref' in schema;
  if (!type && !free) causes.push(required(`${path}.type`, 'must not be empty for specified object fields'));
  if (type && !TYPES.includes(type)) causes.push(notSupported(`${path}.type`, type, TYPES));
  if (type === 'array' && !schema.items) causes.push(required(`${path}.items`, 'must be specified'));
  if (Array.isArray(schema.items))
    causes.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
}

function checkForbidden(causes: Cause[], schema: JsonSchema, path: string): void {
  for (const name of ['$ref', 'definitions', 'dependencies', 'id', '$schema', 'patternProperties', 'additionalItems']) {
    if (name in schema) causes.push(forbidden(`${path}.${name}`, `${name} is not supported`));
  }
  if (schema.uniqueItems) {
    causes.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  if (schema.additionalProperties && schema.properties) {
    causes.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    causes.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  }
  const { pattern } = schema;
  if (pattern !== undefined && (isOnlyJavaScript(pattern) || !goPattern(pattern))) {
    causes.push(
      invalid(`${path}.pattern`, pattern, "must be a valid regular expression, but isn't: error parsing regexp"),
    );
  }
}

function checkEmbedded(causes: Cause[], schema: JsonSchema, path: string): void {
  if (!schema['x-kubernetes-embedded-resource']) return;
  if (schema.type !== 'object') {
    causes.push(invalid(`${path}.type`, schema.type ?? '', 'must be object if x-kubernetes-embedded-resource is true'));
  }
  if (!schema['x-kubernetes-preserve-unknown-fields'] && Object.keys(schema.properties ?? {}).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    causes.push(required(`${path}.properties`, detail));
  }
}

/** A part of allOf, anyOf, oneOf or not. `freeType`: the alternatives of an int-or-string may name their types. */
function checkInside(causes: Cause[], schema: JsonSchema, path: string, freeType: boolean): void {
  checkLeftOut(causes, schema, path, ONLY_OUTSIDE_UNDEFINED, 'must be undefined to be structural');
  checkLeftOut(
    causes,
    freeType ? { ...schema, type: '' } : schema,
    path,
    ONLY_OUTSIDE,
    'must be empty to be structural',
  );
  checkLeftOut(causes, schema, path, ONLY_OUTSIDE_EXTENSIONS, 'must be false to be structural');
  for (const [part, at] of partsOf(schema, path)) checkInside(causes, part, at, false);
}

function checkLeftOut(
  causes: Cause[],
  schema: JsonSchema,
  path: string,
  names: readonly (keyof JsonSchema)[],
  why: string,
): void {
  for (const name of names) {
    const value = schema[name];
    if (value !== undefined && value !== '' && value !== false) causes.push(forbidden(`${path}.${name}`, why));
  }
}

function partsOf(schema: JsonSchema, path: string): [JsonSchema, string][] {
  const parts: [JsonSchema, string][] = [];
  for (const kind of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [i, part] of (schema[kind] ?? []).entries()) parts.push([part, `${path}.${kind}[${i}]`]);
  }
  for (const [name, part] of Object.entries(schema.properties ?? {})) parts.push([part, `${path}.properties[${name}]`]);
  if (schema.items) parts.push([schema.items, `${path}.items`]);
  if (schema.not) parts.push([schema.not, `${path}.not`]);
  return parts;
}

/** A default must be valid, and have nothing that pruning would take. */
function checkDefault(causes: Cause[], schema: JsonSchema, path: string): void {
  const value = schema.default;
  if (value === undefined) return;
  const node = schemaNode(schema);
  const filled: JsonObject = isObject(value) ? applyDefaults(value, node) : { value };
  const found: Cause[] = [];
  checkValue(found, isObject(value) ? filled : value, undefined, node, '');
  for (const { reason, message, field } of found) {
    causes.push({ reason, message, field: `${path}.default${field === '' || field === '<nil>' ? '' : `.${field}`}` });
  }
  if (isObject(value) && !deepEqual(prune(value, node).value, value)) {
    causes.push(invalid(`${path}.default`, value, 'must not have unknown fields'));
  }
}
