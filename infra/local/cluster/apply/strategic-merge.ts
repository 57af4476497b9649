/** Strategic merge patch of built-in kinds: maps merge, lists merge by their key, directives (`$patch`, …) say otherwise. */
import { fieldType, resolve } from './resolve.ts';
import { StrategicError } from './strategic-error.ts';
import { inElementOrder, orderErrors } from './strategic-order.ts';
import type { JsonObject, ListType, MapType, PatchOutcome, TypeInfo } from './types.ts';
import { deepEqual, isObject } from './values.ts';

const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

/** Applies a strategic merge patch. Errors are in the words of the real server. */
export function strategicMerge(live: JsonObject, patch: unknown, typeInfo: TypeInfo): PatchOutcome {
  if (!isObject(patch)) {
    const got = Array.isArray(patch) ? 'array' : typeof patch;
    return {
      error: { code: 400, message: `json: cannot unmarshal ${got} into Go value of type map[string]interface {}` },
    };
  }
  try {
    const merged = mergeMap(live, patch, resolve(typeInfo, patch));
    return { object: isObject(merged) ? merged : {} };
  } catch (error) {
    if (error instanceof StrategicError) return { error: { code: error.code, message: error.message } };
    throw error;
  }
}

function mapTypeOf(type: TypeInfo, value: unknown): MapType {
  const resolved = resolve(type, value);
  // What can't be a map by its type is merged as one of unknown fields; decoding the result finds the fault.
  return resolved.kind === 'map' ? resolved : { kind: 'map', atomic: false, field: () => undefined };
}

function mergeMap(original: JsonObject, patch: JsonObject, type: TypeInfo): unknown {
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === 'delete') return {};
  if (directive === 'replace') return fields;
  if (directive !== undefined && directive !== 'merge') {
    throw new StrategicError(400, `unknown patch type found: ${JSON.stringify(directive)}`);
  }
  const map = mapTypeOf(type, original);
  const merged = Array.isArray(retained) ? retain(original, retained) : { ...original };
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(ELEMENT_ORDER) || name.startsWith(DELETE_PRIMITIVES)) continue;
    mergeField(merged, name, value, fieldType(map, name).type);
  }
  applyListDirectives(merged, original, fields, map);
  return merged;
}

function retain(original: JsonObject, retained: readonly unknown[]): JsonObject {
  return Object.fromEntries(Object.entries(original).filter(([name]) => retained.includes(name)));
}

function mergeField(merged: JsonObject, name: string, value: unknown, type: TypeInfo): void {
  const before = merged[name];
  if (value === null) delete merged[name];
  else if (isObject(value)) {
    // A directive about what is not there does nothing, also `replace`.
    if (before === undefined && value['$patch'] !== undefined) return;
    const next = mergeMap(isObject(before) ? before : {}, value, type);
    if (value['$patch'] === 'delete') delete merged[name];
    else merged[name] = next;
  } else if (Array.isArray(value)) {
    merged[name] = mergeList(Array.isArray(before) ? before : [], value, resolve(type, value));
  } else merged[name] = value;
}

/** Directives of the parent for its lists: values to take out, and the order of the items. */
function applyListDirectives(merged: JsonObject, original: JsonObject, fields: JsonObject, map: MapType): void {
  for (const [directive, value] of Object.entries(fields)) {
    if (!Array.isArray(value)) continue;
    if (directive.startsWith(DELETE_PRIMITIVES)) {
      const name = directive.slice(DELETE_PRIMITIVES.length);
      const list = merged[name];
      if (Array.isArray(list)) merged[name] = list.filter((item) => !value.some((gone) => deepEqual(gone, item)));
    } else if (directive.startsWith(ELEMENT_ORDER)) {
      const name = directive.slice(ELEMENT_ORDER.length);
      const key = mergeKey(fieldType(map, name).type);
      orderErrors(fields[name], value, key);
      const list = merged[name];
      const before = original[name];
      if (Array.isArray(list)) merged[name] = inElementOrder(list, value, Array.isArray(before) ? before : [], key);
    }
  }
}

function mergeKey(type: TypeInfo): string | undefined {
  if (type.kind !== 'list') return undefined;
  return type.strategic ? type.strategic.key : type.list === 'map' ? type.keys[0] : undefined;
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], type: TypeInfo): readonly unknown[] {
  const list = type.kind === 'list' ? type : undefined;
  const replaces = patch.some((item) => isObject(item) && item['$patch'] === 'replace');
  if (replaces) return patch.filter((item) => !isObject(item) || item['$patch'] === undefined);
  const merges = list?.strategic ? list.strategic.merge : list !== undefined && list.list !== 'atomic';
  if (!list || !merges) return patch;
  const key = mergeKey(list);
  if (key !== undefined) return mergeItems(original, patch, list, key);
  const added = patch.filter((item) => !original.some((other) => deepEqual(other, item)));
  return inElementOrder([...original, ...added], patch, original, undefined);
}

function mergeItems(original: readonly unknown[], patch: readonly unknown[], list: ListType, key: string): unknown[] {
  const merged = [...original];
  for (const item of patch) {
    if (!isObject(item) || item[key] === undefined) throw missingKey(item, key);
    const found = merged.findIndex((other) => isObject(other) && deepEqual(other[key], item[key]));
    const at = found < 0 ? merged.length : found;
    if (item['$patch'] === 'delete') merged.splice(at, 1);
    else merged[at] = mergeMap(itemAt(merged, at), item, list.item);
  }
  const kept = patch.filter((item) => isObject(item) && item['$patch'] !== 'delete');
  return inElementOrder(merged, kept, original, key);
}

function itemAt(list: readonly unknown[], at: number): JsonObject {
  const item = list[at];
  return isObject(item) ? item : {};
}

function missingKey(item: unknown, key: string): StrategicError {
  const fields = Object.entries(isObject(item) ? item : {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const printed = fields.map(([name, value]) => `${name}:${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return new StrategicError(500, `map: map[${printed.join(' ')}] does not contain declared merge key: ${key}`);
}
