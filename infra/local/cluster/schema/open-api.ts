/** Schemas as `/openapi/v3` serves them, so that `kubectl explain` and `kubectl apply` know custom resources. */
import type { JsonObject, JsonSchema } from './types.ts';

export interface SchemaKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** `<kind>List` when absent. */
  readonly listKind?: string;
  readonly plural?: string;
}

const META = '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1';
const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';

const API_VERSION = {
  description: `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${CONVENTIONS}#resources`,
  type: 'string',
};
const KIND = {
  description: `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${CONVENTIONS}#types-kinds`,
  type: 'string',
};
const METADATA = {
  description: `Standard object's metadata. More info: ${CONVENTIONS}#metadata`,
  allOf: [{ $ref: `${META}.ObjectMeta` }],
};

/** The component's name: the group's parts backwards, the version, the kind. */
export function componentName({ group, version, kind }: SchemaKind): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}

/** The component for a kind; its `$ref`s point to ObjectMeta, which the document must have. */
export function toOpenApiV3(schema: JsonSchema, { group, version, kind }: SchemaKind): JsonObject {
  const published = publish(schema);
  const properties: JsonObject = { apiVersion: API_VERSION, kind: KIND, metadata: METADATA };
  for (const [name, property] of Object.entries(published['properties'] ?? {}))
    if (name !== 'metadata') properties[name] ??= property;
  return { ...published, properties, 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
}

/** The component for a kind's list. */
export function toOpenApiV3List(gvk: SchemaKind): JsonObject {
  const kind = gvk.listKind ?? `${gvk.kind}List`;
  return {
    description: `${kind} is a list of ${gvk.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: API_VERSION,
      kind: KIND,
      items: {
        description: `List of ${gvk.plural ?? `${gvk.kind.toLowerCase()}s`}. More info: ${CONVENTIONS}`,
        type: 'array',
        items: { $ref: `#/components/schemas/${componentName(gvk)}` },
      },
      metadata: {
        description: `Standard list metadata. More info: ${CONVENTIONS}#types-kinds`,
        allOf: [{ $ref: `${META}.ListMeta` }],
      },
    },
    'x-kubernetes-group-version-kind': [{ group: gvk.group, version: gvk.version, kind }],
  };
}

function publish(schema: JsonSchema): JsonObject {
  const published: JsonObject = { ...schema };
  if (schema.properties) {
    published['properties'] = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, publish(property)]),
    );
  }
  if (schema.items) published['items'] = publish(schema.items);
  if (typeof schema.additionalProperties === 'object')
    published['additionalProperties'] = publish(schema.additionalProperties);
  if (schema['x-kubernetes-int-or-string'] && !schema.anyOf)
    published['anyOf'] = [{ type: 'integer' }, { type: 'string' }];
  return schema['x-kubernetes-embedded-resource'] ? embedded(published) : published;
}

function embedded(published: JsonObject): JsonObject {
  const properties = { apiVersion: API_VERSION, kind: KIND, metadata: METADATA, ...(published['properties'] ?? {}) };
  return { ...published, required: ['kind', 'apiVersion'], properties };
}
