/** A schema with everything that a custom resource's can have, for tests. */
import type { JsonSchema } from './types.ts';

const text: JsonSchema = { type: 'string' };

export const SPEC: JsonSchema = {
  type: 'object',
  required: ['model'],
  properties: {
    model: { type: 'string', minLength: 1, maxLength: 5 },
    x: text,
    i: { type: 'integer', minimum: 1, maximum: 10 },
    n: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: true },
    b: { type: 'boolean' },
    e: { type: 'string', enum: ['a', 'b'] },
    ei: { type: 'integer', enum: [1, 2] },
    p: { type: 'string', pattern: '^[a-z]+$' },
    dt: { type: 'string', format: 'date-time' },
    dur: { type: 'string', format: 'duration' },
    l: { type: 'array', minItems: 1, maxItems: 2, items: text },
    u: { type: 'array', items: { type: 'object', required: ['k'], properties: { k: text, v: { type: 'integer' } } } },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
    items: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', required: ['name'], properties: { name: text, v: { type: 'integer', maximum: 3 } } },
    },
    m: { type: 'object', minProperties: 1, maxProperties: 2, additionalProperties: { type: 'string', maxLength: 3 } },
    ios: { 'x-kubernetes-int-or-string': true },
    nul: { type: 'string', nullable: true },
    any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { q: text } },
    emb: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    one: { type: 'object', properties: { a: text, b: text }, oneOf: [{ required: ['a'] }, { required: ['b'] }] },
    anyo: { type: 'object', properties: { a: text, b: text }, anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    allo: {
      type: 'object',
      properties: { a: text },
      allOf: [{ required: ['a'] }, { properties: { a: { minLength: 2 } } }],
    },
    no: { type: 'object', properties: { a: text }, not: { required: ['a'] } },
    d: { type: 'string', default: 'dd' },
    dobj: { type: 'object', default: {}, properties: { a: { type: 'integer', default: 3 } } },
  },
};

/** A whole resource's schema, with the given spec. */
export function resourceSchema(spec: JsonSchema): JsonSchema {
  return {
    type: 'object',
    required: ['spec'],
    properties: { spec, status: { type: 'object', properties: { phase: text } } },
  };
}

export function resource(spec: unknown): Record<string, unknown> {
  return { apiVersion: 'test.io/v1', kind: 'Thing', metadata: { name: 'thing' }, ...(spec !== undefined && { spec }) };
}
