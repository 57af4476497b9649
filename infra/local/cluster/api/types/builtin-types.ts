import { readFileSync } from 'node:fs';

/** One node of an OpenAPI v3 schema as generated/builtin-types.json has it. `$ref` names another definition of that file. */
export interface SchemaNode {
  type?: string;
  format?: string;
  $ref?: string;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  oneOf?: SchemaNode[];
  'x-struct'?: boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  [extension: string]: unknown;
}

let definitions: Record<string, SchemaNode> | undefined;

/** All definitions, by their OpenAPI name (`io.k8s.api.core.v1.Pod`). Read once, on first use. */
export function builtinDefinitions(): Record<string, SchemaNode> {
  definitions ??= JSON.parse(readFileSync(new URL('./generated/builtin-types.json', import.meta.url), 'utf8'));
  return definitions ?? {};
}

export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

export function definition(name: string): SchemaNode {
  const found = builtinDefinitions()[name];
  if (found === undefined) throw new Error(`No definition is named '${name}'`);
  return found;
}

const resolved = new Map<string, SchemaNode>();

/**
 * A definition with its references replaced by what they name. Shared nodes and cycles stay shared (the graph is as large as the
 * file), so walk it along a value and never to its end.
 */
export function resolvedDefinition(name: string): SchemaNode {
  const known = resolved.get(name);
  if (known !== undefined) return known;
  const target: SchemaNode = {};
  resolved.set(name, target);
  return Object.assign(target, resolveNode(definition(name)));
}

const INT_OR_STRING = new Set([
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  'io.k8s.apimachinery.pkg.api.resource.Quantity',
]);

function resolveNode(node: SchemaNode): SchemaNode {
  const { $ref, ...rest } = node;
  if ($ref !== undefined) {
    if (INT_OR_STRING.has($ref)) return { ...rest, 'x-kubernetes-int-or-string': true };
    const target = resolvedDefinition($ref);
    // A reference with list or map hints of its own needs its own node; without, the shared one does.
    const hints = Object.keys(rest).filter((key) => key.startsWith('x-kubernetes-'));
    return hints.length === 0
      ? target
      : new Proxy(target, { get: (on, key) => Reflect.get(key in rest ? rest : on, key) });
  }
  const out: SchemaNode = { ...rest };
  if (node.properties) out.properties = mapValues(node.properties, resolveNode);
  if (node.items) out.items = resolveNode(node.items);
  if (typeof node.additionalProperties === 'object') out.additionalProperties = resolveNode(node.additionalProperties);
  if (node.type === 'object' && !node.properties && !node.additionalProperties)
    out['x-kubernetes-preserve-unknown-fields'] = true;
  if (node.type === undefined && !node.properties) out['x-kubernetes-preserve-unknown-fields'] = true;
  return out;
}

function mapValues(
  from: Record<string, SchemaNode>,
  map: (node: SchemaNode) => SchemaNode,
): Record<string, SchemaNode> {
  return Object.fromEntries(Object.entries(from).map(([key, node]) => [key, map(node)]));
}
