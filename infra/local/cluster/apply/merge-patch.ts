/** JSON merge patch (RFC 7386). */
import type { JsonObject, PatchOutcome } from './types.ts';
import { isObject } from './values.ts';

/** Null removes a field, objects merge, anything else replaces. */
export function mergePatch(object: JsonObject, patch: unknown): PatchOutcome {
  if (!isObject(patch)) {
    return { error: { code: 400, message: 'error decoding patch: a merge patch must be a JSON object' } };
  }
  return { object: mergeObjects(object, patch) };
}

function mergeObjects(object: JsonObject, patch: JsonObject): JsonObject {
  const merged = { ...object };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else if (isObject(value)) merged[name] = mergeObjects(isObject(merged[name]) ? merged[name] : {}, value);
    else merged[name] = value;
  }
  return merged;
}
