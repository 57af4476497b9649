/** How `metadata` is merged and owned, the same for every kind. */
import { SCALAR } from './resolve.ts';
import type { FieldType, JsonObject, MapType, TypeInfo } from './types.ts';
import { isEmpty, isObject } from './values.ts';

/** A map with free keys. */
export function mapOf(value: TypeInfo, atomic = false): MapType {
  const field: FieldType = { type: value, declared: false };
  return { kind: 'map', atomic, field: () => field };
}

const MAP_OF_TEXT = mapOf({ kind: 'scalar', scalar: 'string' });
const OTHER: FieldType = { type: { kind: 'deduced' }, declared: true };

const FIELDS: Readonly<Record<string, FieldType>> = {
  labels: { type: MAP_OF_TEXT, declared: true },
  annotations: { type: MAP_OF_TEXT, declared: true },
  finalizers: {
    type: { kind: 'list', list: 'set', keys: [], item: SCALAR, strategic: { merge: true } },
    declared: true,
  },
  ownerReferences: {
    type: {
      kind: 'list',
      list: 'map',
      keys: ['uid'],
      item: { kind: 'map', atomic: true, field: () => OTHER },
      strategic: { merge: true, key: 'uid' },
    },
    declared: true,
  },
};

export const OBJECT_META: MapType = { kind: 'map', atomic: false, field: (name) => FIELDS[name] ?? OTHER };

/**
 * The object as the real server keeps its metadata (a Go struct): fields that are null, or empty lists or maps, are
 * absent. For every object that a client sends, before it is compared or stored.
 */
export function cleanMetadata(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (!isObject(metadata) || !Object.values(metadata).some(isEmpty)) return object;
  return { ...object, metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => !isEmpty(value))) };
}
