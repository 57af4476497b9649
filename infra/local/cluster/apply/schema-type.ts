/** How a custom resource's values are merged and owned, from its structural schema. */
import type { JsonSchema } from '../schema/types.ts';
import { OBJECT_META } from './object-meta.ts';
import { DEDUCED, SCALAR } from './resolve.ts';
import type { FieldType, ListType, MapType, ScalarType, TypeInfo } from './types.ts';

/** The type of a whole custom resource. Without a schema everything below metadata is deduced. */
export function schemaType(schema: JsonSchema | undefined): MapType {
  const root = schema ? objectType(schema) : undefined;
  const own = new Map<string, FieldType>([
    ['apiVersion', { type: SCALAR, declared: true }],
    ['kind', { type: SCALAR, declared: true }],
    ['metadata', { type: OBJECT_META, declared: true }],
  ]);
  const free: FieldType = { type: DEDUCED, declared: false };
  return { kind: 'map', atomic: false, field: (name) => own.get(name) ?? (root ? root.field(name) : free) };
}

const SCALARS: Readonly<Record<string, ScalarType>> = {
  string: { kind: 'scalar', scalar: 'string' },
  integer: { kind: 'scalar', scalar: 'numeric' },
  number: { kind: 'scalar', scalar: 'numeric' },
  boolean: { kind: 'scalar', scalar: 'boolean' },
};

function valueType(schema: JsonSchema): TypeInfo {
  if (schema['x-kubernetes-int-or-string']) return SCALAR;
  if (schema['x-kubernetes-embedded-resource']) return embeddedType(schema);
  if (schema.type === 'object') return objectType(schema);
  if (schema.type === 'array') return listType(schema);
  return (schema.type !== undefined && SCALARS[schema.type]) || DEDUCED;
}

function embeddedType(schema: JsonSchema): MapType {
  const inner = objectType(schema);
  const metadata: FieldType = { type: OBJECT_META, declared: true };
  const scalar: FieldType = { type: SCALAR, declared: true };
  const own: Readonly<Record<string, FieldType>> = { apiVersion: scalar, kind: scalar, metadata };
  return { ...inner, field: (name) => own[name] ?? inner.field(name) };
}

function objectType(schema: JsonSchema): MapType {
  const declared = new Map<string, FieldType>();
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    declared.set(name, { type: valueType(property), declared: true });
  }
  const free = freeField(schema);
  return {
    kind: 'map',
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    field: (name) => declared.get(name) ?? free,
  };
}

function freeField(schema: JsonSchema): FieldType | undefined {
  const additional = schema.additionalProperties;
  if (typeof additional === 'object') return { type: valueType(additional), declared: false };
  if (additional === true || schema['x-kubernetes-preserve-unknown-fields']) return { type: DEDUCED, declared: false };
  return undefined;
}

function listType(schema: JsonSchema): ListType {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const defaults = Object.fromEntries(
    keys.map((key) => [key, schema.items?.properties?.[key]?.default]).filter((entry) => entry[1] !== undefined),
  );
  return {
    kind: 'list',
    list: schema['x-kubernetes-list-type'] ?? 'atomic',
    keys,
    keyDefaults: defaults,
    item: schema.items ? valueType(schema.items) : DEDUCED,
  };
}
