/** Why a configuration can't be applied: it does not fit the type, or its lists have items that can't be told apart. */
import { fieldElement, formatElement, itemElement } from './path-element.ts';
import type { JsonObject, ListType, MapType, ScalarType, TypeInfo } from './types.ts';
import { isObject } from './values.ts';

/** The real server's message; undefined when the configuration fits. */
export function appliedErrors(patch: JsonObject, type: TypeInfo): string | undefined {
  const errors: string[] = [];
  checkValue(errors, '', patch, type);
  if (errors.length === 0) return undefined;
  const metadata = isObject(patch['metadata']) ? patch['metadata'] : {};
  const name = `${metadata['namespace'] ?? ''}/${metadata['name'] ?? ''}; ${patch['apiVersion']}, Kind=${patch['kind']}`;
  const list = errors.length === 1 ? errors[0] : `errors:\n${errors.map((error) => `  ${error}`).join('\n')}`;
  return `failed to create typed patch object (${name}): ${list}`;
}

function checkValue(errors: string[], path: string, value: unknown, type: TypeInfo): void {
  if (value === null) return;
  if (type.kind === 'scalar') checkScalar(errors, path, value, type);
  else if (type.kind === 'map') checkMap(errors, path, value, type);
  else if (type.kind === 'list') checkList(errors, path, value, type);
}

function printed(value: unknown): string {
  if (isObject(value)) return '&{map[]}';
  return Array.isArray(value) ? '&{[]}' : `&value.valueUnstructured{Value:${JSON.stringify(value)}}`;
}

const SCALAR_KINDS = { string: ['string'], numeric: ['number'], boolean: ['boolean'] } as const;

function checkScalar(errors: string[], path: string, value: unknown, { scalar }: ScalarType): void {
  const accepted: readonly string[] | undefined = scalar && SCALAR_KINDS[scalar];
  if (accepted && !accepted.includes(typeof value)) errors.push(`${path}: expected ${scalar}, got ${printed(value)}`);
}

function checkMap(errors: string[], path: string, value: unknown, type: MapType): void {
  if (!isObject(value)) {
    errors.push(`${path}: expected map, got ${printed(value)}`);
    return;
  }
  for (const [name, child] of Object.entries(value)) {
    const below = path + formatElement(fieldElement(name));
    const field = type.field(name);
    if (field) checkValue(errors, below, child, field.type);
    else errors.push(`${below}: field not declared in schema`);
  }
}

function checkList(errors: string[], path: string, value: unknown, type: ListType): void {
  if (!Array.isArray(value)) {
    errors.push(`${path}: expected list, got ${printed(value)}`);
    return;
  }
  const seen = new Set<string>();
  for (const [i, item] of value.entries()) {
    const element = type.list === 'atomic' ? `i:${i}` : itemElement(type, item);
    if (element === undefined) {
      const keys = type.keys.map((key) => JSON.stringify(key)).join(' ');
      errors.push(
        `${path}: element ${i}: associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`,
      );
      continue;
    }
    if (seen.has(element)) errors.push(`${path}: duplicate entries for key ${formatElement(element)}`);
    seen.add(element);
    checkValue(errors, path + formatElement(element), item, type.item);
  }
}
