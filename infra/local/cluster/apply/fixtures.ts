/** A kind with one field of each way to merge, for tests. */
import type { JsonSchema } from '../schema/types.ts';
import { applyPatch } from './apply.ts';
import { schemaType } from './schema-type.ts';
import type { ApplyOutcome, ApplyRequest, JsonObject } from './types.ts';

const text: JsonSchema = { type: 'string' };

const WIDGET_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: text,
        b: { type: 'integer' },
        struct: { type: 'object', properties: { x: text, y: text } },
        atomic: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { x: text, y: text } },
        labels: { type: 'object', additionalProperties: text },
        any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        list: { type: 'array', items: text },
        set: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', required: ['name'], properties: { name: text, v: text } },
        },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
          items: {
            type: 'object',
            required: ['port'],
            properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } },
          },
        },
      },
    },
    status: { type: 'object', properties: { phase: text } },
  },
};

export const WIDGET = schemaType(WIDGET_SCHEMA);
export const NOW = new Date('2026-01-02T03:04:05.678Z');
export const LATER = new Date('2026-01-02T04:00:00Z');

/** A widget with this spec and these more fields. */
export function aWidget(spec?: JsonObject, more: JsonObject = {}): JsonObject {
  return { apiVersion: 'test.io/v1', kind: 'Widget', metadata: { name: 'w' }, ...(spec && { spec }), ...more };
}

/** Applies a spec as a manager. */
export function apply(
  live: JsonObject | undefined,
  manager: string,
  spec: JsonObject | undefined,
  more: Partial<ApplyRequest> = {},
): ApplyOutcome {
  const request = { patch: aWidget(spec), manager, force: false, typeInfo: WIDGET, apiVersion: 'test.io/v1', now: NOW };
  return applyPatch({ ...request, ...(live && { live }), ...more });
}

/** Applies in turn, and gives the object that comes of it. Throws when one of them conflicts. */
export function applied(
  live: JsonObject | undefined,
  ...steps: readonly (readonly [string, JsonObject])[]
): JsonObject {
  let object = live;
  for (const [manager, spec] of steps) {
    const outcome = apply(object, manager, spec);
    if (!('object' in outcome)) throw new Error(`The apply must not fail: ${JSON.stringify(outcome)}`);
    object = outcome.object;
  }
  return object ?? {};
}
