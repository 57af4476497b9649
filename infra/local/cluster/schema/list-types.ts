/** What a schema's list and map types must be like (`x-kubernetes-list-type`, `-list-map-keys`, `-map-type`). */
import { forbidden, invalid, notSupported, required } from './causes.ts';
import type { Cause, JsonSchema } from './types.ts';

const LIST_TYPES = ['atomic', 'set', 'map'];
const MAP_TYPES = ['atomic', 'granular'];

export function checkListType(causes: Cause[], schema: JsonSchema, path: string): void {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== undefined) {
    if (schema.type !== 'array') {
      causes.push(invalid(`${path}.type`, schema.type ?? '', 'must be array if x-kubernetes-list-type is specified'));
    } else if (!LIST_TYPES.includes(listType))
      causes.push(notSupported(`${path}.x-kubernetes-list-type`, listType, LIST_TYPES));
    else if (listType === 'set') checkSet(causes, schema.items, `${path}.items`);
  }
  checkMapKeys(causes, schema, path);
  checkMapType(causes, schema, path);
}

function checkMapType(causes: Cause[], schema: JsonSchema, path: string): void {
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType === undefined) return;
  if (schema.type !== 'object') {
    causes.push(invalid(`${path}.type`, schema.type ?? '', 'must be object if x-kubernetes-map-type is specified'));
  } else if (!MAP_TYPES.includes(mapType))
    causes.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, MAP_TYPES));
}

/** Items of a set are compared as a whole. */
function checkSet(causes: Cause[], items: JsonSchema | undefined, path: string): void {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  if (items?.nullable)
    causes.push(forbidden(`${path}.nullable`, 'cannot be nullable when x-kubernetes-list-type is set'));
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    causes.push(invalid(`${path}.x-kubernetes-map-type`, items['x-kubernetes-map-type'] ?? null, why));
  }
  const nested = items?.['x-kubernetes-list-type'];
  if (items?.type === 'array' && nested !== undefined && nested !== 'atomic') {
    causes.push(invalid(`${path}.x-kubernetes-list-type`, nested, why));
  }
}

function checkMapKeys(causes: Cause[], schema: JsonSchema, path: string): void {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const at = `${path}.x-kubernetes-list-map-keys`;
  if (schema['x-kubernetes-list-type'] !== 'map') {
    if (keys.length > 0) causes.push(forbidden(at, 'must be empty if x-kubernetes-list-type is not map'));
    return;
  }
  if (keys.length === 0) causes.push(required(at, 'must not be empty if x-kubernetes-list-type is map'));
  if (schema.items?.type !== 'object') {
    causes.push(
      invalid(
        `${path}.items.type`,
        schema.items?.type ?? '',
        'must be object if parent array has x-kubernetes-list-type=map',
      ),
    );
  }
  const properties = schema.items?.properties ?? {};
  if (keys.some((key) => !properties[key]))
    causes.push(invalid(at, keys, 'entries must all be names of item properties'));
  for (const key of keys) {
    const property = properties[key];
    if (!property || property.default !== undefined || schema.items?.required?.includes(key)) continue;
    const detail =
      'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
    causes.push(required(`${path}.items.properties[${key}].default`, detail));
  }
}
