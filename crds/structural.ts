/**
 * Zod schema to CRD schema. Refuses, with the path of the field, what a kube-apiserver refuses (structural schemas,
 * `apiextensions-apiserver` `pkg/apiserver/schema/validation.go`) and what has no bound or description.
 */
import * as z from 'zod';
import { lackingInRe2 } from './re2.ts';
import { checkDefault } from './structural-default.ts';
import { checkListType } from './structural-list.ts';
import { type Node, refuse } from './structural-node.ts';

/** Any other keyword is refused by strict decoding of the CRD, or as not structural. */
const KEYWORDS = new Set([
  ...['description', 'type', 'format', 'title', 'default', 'nullable', 'enum', 'required', 'properties', 'items'],
  ...['maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'multipleOf', 'maxLength', 'minLength', 'pattern'],
  ...['maxItems', 'minItems', 'maxProperties', 'minProperties', 'additionalProperties'],
  ...['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-int-or-string', 'x-kubernetes-validations'],
  ...['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type'],
]);
/** Formats that the API server checks and that bound the length of a text. */
const BOUNDING_FORMATS = new Set(['date-time', 'date', 'ipv4', 'ipv6', 'cidr', 'mac', 'uuid']);

/** CRD schema of a zod schema; `at` names it in messages. Throws on the first field that will not do. */
export function toStructural(schema: z.ZodType, at = 'spec'): Node {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0', // `nullable`, boolean `exclusiveMinimum`, `enum` instead of `const`
    io: 'input', // a field with a default must not become required
    reused: 'inline', // CRDs have no $ref
    cycles: 'throw',
    unrepresentable: 'throw',
  });
  return visit(json as Node, at); // zod types the document by its own, wider interface
}

function visit(given: Node, at: string): Node {
  const node = withoutOpenness(withoutIntOrStringUnion(given, at));
  checkKeywords(node, at);
  checkType(node, at);
  checkBounds(node, at);
  const { properties, items, additionalProperties, ...rest } = node;
  const visited: Node = {
    ...withoutSafeBounds(rest),
    ...(properties !== undefined && { properties: visitFields(properties, at) }),
    ...(items !== undefined && { items: visit(items, `${at}[]`) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: visit(additionalProperties, `${at}{}`) }),
  };
  checkRequired(visited, at);
  checkListType(visited, at);
  if ('default' in visited) checkDefault(visited.default, visited, at);
  return visited;
}

function visitFields(properties: Record<string, Node>, at: string): Record<string, Node> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, field]) => {
      const path = `${at}.${name}`;
      const { description } = field;
      if (typeof description !== 'string' || !description.startsWith(`${name} `)) {
        refuse(path, `description must start with '${name} '`);
      }
      return [name, visit(field, path)];
    }),
  );
}

/** The only union that the API server knows has no schema of its own: the limits of the text move up to it. */
function withoutIntOrStringUnion(node: Node, at: string): Node {
  if (node['x-kubernetes-int-or-string'] !== true) return node;
  const { anyOf, ...rest } = node;
  const branches: Node[] = Array.isArray(anyOf) ? anyOf : [];
  const string = branches.find(({ type }) => type === 'string');
  if (branches.length !== 2 || string === undefined || !branches.some(({ type }) => type === 'integer')) {
    refuse(at, 'x-kubernetes-int-or-string must be on a union of z.int() and z.string()');
  }
  checkBounds(string, at);
  const { type: _type, ...limits } = string;
  return { ...rest, ...limits };
}

/** Zod spells "anything else too" as a schema without type; the API server as preserved unknown fields. */
function withoutOpenness(node: Node): Node {
  if (node['x-kubernetes-preserve-unknown-fields'] !== true) return node;
  const { additionalProperties: _open, properties, ...rest } = node;
  return properties === undefined || Object.keys(properties).length === 0 ? rest : { ...rest, properties };
}

function checkKeywords(node: Node, at: string): void {
  const stranger = Object.keys(node).find((keyword) => !KEYWORDS.has(keyword));
  if (stranger !== undefined)
    refuse(at, `'${stranger}' is not structural; use optional fields and x-kubernetes-validations`);
  if (node.properties !== undefined && node.additionalProperties !== undefined) {
    refuse(at, 'properties and additionalProperties exclude each other; use z.object() or z.record()');
  }
  if (typeof node.additionalProperties === 'boolean') refuse(at, 'additionalProperties must be a schema');
  if (typeof node['pattern'] === 'string') {
    const lacking = lackingInRe2(node['pattern']);
    if (lacking !== undefined) refuse(at, `pattern needs ${lacking}, which RE2 lacks`);
  }
}

function checkType(node: Node, at: string): void {
  if (node['x-kubernetes-int-or-string'] === true) return;
  if (node.type === undefined) {
    if (node['x-kubernetes-preserve-unknown-fields'] !== true) refuse(at, 'type must be given');
    return;
  }
  if (node.type === 'number') refuse(at, 'must be an integer or a text, floats do not survive a round trip');
  if (!['object', 'array', 'string', 'integer', 'boolean'].includes(String(node.type)))
    refuse(at, `type '${node.type}' is unknown`);
}

function checkBounds(node: Node, at: string): void {
  const format = String(node['format']);
  if (node.type === 'string' && !('maxLength' in node || 'enum' in node || BOUNDING_FORMATS.has(format))) {
    refuse(at, 'strings must have a maximum length');
  }
  if (node.type === 'array') {
    if (!('maxItems' in node)) refuse(at, 'lists must have a maximum size');
    if (typeof node.items !== 'object' || Array.isArray(node.items))
      refuse(at, 'lists must have one schema for all items');
  }
  if (typeof node.additionalProperties === 'object' && !('maxProperties' in node))
    refuse(at, 'maps must have a maximum size');
  if (node.type === 'integer' && !hasIntegerBounds(node)) refuse(at, 'integers must be z.int32() or int64()');
}

function hasIntegerBounds(node: Node): boolean {
  if (node['format'] === 'int64' || 'enum' in node) return true;
  return [node['minimum'], node['maximum']].every(
    (bound) => typeof bound === 'number' && Number.isSafeInteger(bound * 2),
  );
}

/** Zod bounds every integer by what JavaScript can hold, which is no rule of the API. */
function withoutSafeBounds(node: Node): Node {
  const { minimum, maximum, ...rest } = node;
  return {
    ...rest,
    ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
  };
}

function checkRequired(node: Node, at: string): void {
  const missing = node.required?.find((name) => node.properties?.[name] === undefined);
  if (missing !== undefined) refuse(at, `required '${missing}' must be a property`);
}
