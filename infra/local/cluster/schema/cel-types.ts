/** The CEL type of a schema, to find rules that name fields which do not exist or compare what can't be compared. */
import type { Environment } from '@marcbachmann/cel-js';
import { escapeName } from './cel-values.ts';
import { isIntOrString, type SchemaNode } from './node.ts';

const STRING_FORMATS: Readonly<Record<string, string>> = {
  'date-time': 'google.protobuf.Timestamp',
  date: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  byte: 'bytes',
};

const SCALARS: Readonly<Record<string, string>> = { integer: 'int', number: 'double', boolean: 'bool' };

/** The name of the schema's type; object types are registered with the environment. */
export function celType(env: Environment, node: SchemaNode, resource = false): string {
  const { schema } = node;
  if (isIntOrString(schema)) return 'dyn';
  if (schema.type === 'string') return STRING_FORMATS[schema.format ?? ''] ?? 'string';
  if (schema.type === 'array') return node.items ? `list<${celType(env, node.items)}>` : 'list';
  if (schema.type === 'object') return objectCelType(env, node, resource || node.embedded);
  return SCALARS[schema.type ?? ''] ?? 'dyn';
}

function objectCelType(env: Environment, node: SchemaNode, resource: boolean): string {
  if (typeof node.additional === 'object') return `map<string, ${celType(env, node.additional)}>`;
  if (node.additional === true) return 'map<string, dyn>';
  if (node.properties.size === 0 && !resource) return 'dyn';
  const fields: Record<string, string> = {};
  for (const [name, property] of node.properties) {
    const escaped = escapeName(name);
    if (/^[A-Za-z_]\w*$/.test(escaped)) fields[escaped] = celType(env, property);
  }
  if (resource) Object.assign(fields, { apiVersion: 'string', kind: 'string', metadata: metadataType(env) });
  return register(env, fields);
}

function metadataType(env: Environment): string {
  return register(env, { name: 'string', generateName: 'string' });
}

const counters = new WeakMap<Environment, number>();

function register(env: Environment, fields: Record<string, string>): string {
  const count = (counters.get(env) ?? 0) + 1;
  counters.set(env, count);
  const name = `Object${count}`;
  env.registerType(name, { fields });
  return name;
}
