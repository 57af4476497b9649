/** JSON values as CEL has them: integers are bigint, times are dates, field names are escaped. */
import { isObject } from '../apply/values.ts';
import { celEnvironment, compileCel, type Program } from './cel-environment.ts';
import { isIntOrString, type SchemaNode } from './node.ts';
import type { JsonObject } from './types.ts';

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** A property's name as rules write it: `a-b` is `a__dash__b`. */
export function escapeName(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  if (!/[-./]|__/.test(name)) return name;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** A value without a schema: whole numbers are int, others double. */
export function plainToCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(plainToCel);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainToCel(part)]));
}

/** A value with its schema. At the root of a resource (`resource`) only what rules may see of metadata is there. */
export function toCel(value: unknown, node: SchemaNode, resource = false): unknown {
  if (typeof value === 'number') return node.schema.type === 'number' ? value : plainToCel(value);
  if (typeof value === 'string') return isIntOrString(node.schema) ? value : stringToCel(value, node.schema.format);
  if (Array.isArray(value)) return value.map((item) => (node.items ? toCel(item, node.items) : plainToCel(item)));
  return isObject(value) ? objectToCel(value, node, resource || node.embedded) : value;
}

function objectToCel(object: JsonObject, node: SchemaNode, resource: boolean): JsonObject {
  const fields: JsonObject = {};
  const open = node.preserve && node.properties.size === 0;
  for (const [name, value] of Object.entries(object)) {
    const property = node.properties.get(name);
    if (resource && name === 'metadata') fields[name] = visibleMetadata(value);
    else if (resource && (name === 'apiVersion' || name === 'kind')) fields[name] = value;
    else if (property) fields[escapeName(name)] = toCel(value, property);
    else if (typeof node.additional === 'object') fields[name] = toCel(value, node.additional);
    else if (open || node.additional === true) fields[name] = plainToCel(value);
  }
  return fields;
}

function visibleMetadata(metadata: unknown): JsonObject {
  const { name, generateName } = isObject(metadata) ? metadata : {};
  return { ...(name !== undefined && { name }), ...(generateName !== undefined && { generateName }) };
}

let duration: Program | undefined;

/** A duration as CEL has it; the library makes them only in expressions. */
function durationToCel(text: string): unknown {
  if (!duration) {
    const compiled = compileCel(celEnvironment().registerVariable('text', 'string'), 'duration(text)');
    duration = 'program' in compiled ? compiled.program : () => ({ error: compiled.error });
  }
  const outcome = duration({ text });
  return 'value' in outcome ? outcome.value : text;
}

function stringToCel(value: string, format: string | undefined): unknown {
  if (format === 'date-time' || format === 'date') return new Date(value);
  if (format === 'duration') return durationToCel(value);
  if (format === 'byte') return new Uint8Array(Buffer.from(value, 'base64'));
  return value;
}
