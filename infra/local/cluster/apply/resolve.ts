/** What a type means for the value at hand: the kind to walk it as. */
import type { DeducedType, FieldType, ListType, MapType, ScalarType, TypeInfo } from './types.ts';
import { isObject } from './values.ts';

export const SCALAR: ScalarType = { kind: 'scalar' };
export const DEDUCED: DeducedType = { kind: 'deduced' };

const FREE_FIELD: FieldType = { type: DEDUCED, declared: false };
const DEDUCED_MAP: MapType = { kind: 'map', atomic: false, field: () => FREE_FIELD };
const DEDUCED_LIST: ListType = { kind: 'list', list: 'atomic', keys: [], item: DEDUCED };

/** A deduced type becomes what the value is: a granular map, an atomic list or a scalar. */
export function resolve(type: TypeInfo, value: unknown): ScalarType | MapType | ListType {
  if (type.kind !== 'deduced') return type;
  if (Array.isArray(value)) return DEDUCED_LIST;
  return isObject(value) ? DEDUCED_MAP : SCALAR;
}

/** The type of a key, also of one that the type does not know. */
export function fieldType(type: MapType, name: string): FieldType {
  return type.field(name) ?? FREE_FIELD;
}
