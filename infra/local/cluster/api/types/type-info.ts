import type { DeducedType, ListType, MapType, ScalarType, TypeInfo } from '../../apply/types.ts';
import { definition, type SchemaNode } from './builtin-types.ts';

const SCALAR: ScalarType = { kind: 'scalar' };
const DEDUCED: DeducedType = { kind: 'deduced' };
const known = new Map<string, TypeInfo>();

/** How server-side apply and strategic merge see a built-in type, from the hints of its OpenAPI definition. Built once, lazily. */
export function typeInfoOf(name: string): TypeInfo {
  let info = known.get(name);
  if (info === undefined) {
    info = fromNode(definition(name));
    known.set(name, info);
  }
  return info;
}

/** Unions whose other members must go when one is set by a patch (Go's `patchStrategy:"retainKeys"`). */
const retains = (node: SchemaNode): boolean => `${node['x-kubernetes-patch-strategy'] ?? ''}`.includes('retainKeys');

function fromNode(node: SchemaNode): TypeInfo {
  if (node.$ref !== undefined) {
    const target = typeInfoOf(node.$ref);
    if (target.kind !== 'map') return target;
    if (node['x-kubernetes-map-type'] !== 'atomic' && !retains(node)) return target;
    return {
      ...target,
      atomic: node['x-kubernetes-map-type'] === 'atomic' || target.atomic,
      retainKeys: retains(node),
    };
  }
  if (node.type === 'array') return listOf(node);
  if (node.properties !== undefined) return structOf(node, node.properties);
  if (typeof node.additionalProperties === 'object') return mapOf(node, node.additionalProperties);
  return node.type === 'object' || (node.type === undefined && node.oneOf === undefined) ? DEDUCED : SCALAR;
}

/** A required list or map is printed even when it is empty. */
const isCollection = (node: SchemaNode | undefined): boolean =>
  node?.type === 'array' || (node?.type === 'object' && node.properties === undefined);

function structOf(node: SchemaNode, properties: Record<string, SchemaNode>): MapType {
  const fields = new Map<string, TypeInfo>();
  return {
    kind: 'map',
    atomic: node['x-kubernetes-map-type'] === 'atomic',
    retainKeys: retains(node),
    alwaysPresent: Object.keys(properties).filter(
      (key) =>
        properties[key]?.['x-struct'] === true ||
        (node.required?.includes(key) === true && isCollection(properties[key])),
    ),
    field: (name) => {
      const child = properties[name];
      if (child === undefined) return { type: DEDUCED, declared: false };
      let type = fields.get(name);
      if (type === undefined) {
        type = fromNode(child);
        fields.set(name, type);
      }
      return { type, declared: true };
    },
  };
}

function mapOf(node: SchemaNode, values: SchemaNode): MapType {
  const type = fromNode(values);
  return { kind: 'map', atomic: node['x-kubernetes-map-type'] === 'atomic', field: () => ({ type, declared: false }) };
}

function listOf(node: SchemaNode): ListType {
  const keys = node['x-kubernetes-list-map-keys'] ?? [];
  const declared = node['x-kubernetes-list-type'];
  const mergeKey = node['x-kubernetes-patch-merge-key'];
  const merges = `${node['x-kubernetes-patch-strategy'] ?? ''}`.includes('merge');
  const itemSchema = node.items?.$ref === undefined ? node.items : definition(node.items.$ref);
  const defaults = keys.flatMap((key) => {
    const value = itemSchema?.properties?.[key]?.default;
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    kind: 'list',
    list: declared === 'map' || declared === 'set' ? declared : 'atomic',
    keys,
    ...(defaults.length === 0 ? {} : { keyDefaults: Object.fromEntries(defaults) }),
    item: fromNode(node.items ?? {}),
    strategic: { merge: merges, ...(mergeKey === undefined ? {} : { key: mergeKey }) },
  };
}
