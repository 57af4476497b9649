import { isRecord } from '../object.ts';

export type Fields = Record<string, unknown>;

/** The object at `key`, made when absent. */
export function child(of: Fields, key: string): Fields {
  const known = of[key];
  if (isRecord(known)) return known;
  const made: Fields = {};
  of[key] = made;
  return made;
}

export function records(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Sets what is absent. */
export function fillIn(into: Fields, defaults: Fields): void {
  for (const [key, value] of Object.entries(defaults)) {
    if (into[key] === undefined) into[key] = value;
  }
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
