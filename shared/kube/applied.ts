import { createHash } from 'node:crypto';
import { ANNOTATIONS } from '../../crds/labels.ts';
import type { KubeObject } from './objects.ts';

type Json = Record<string, unknown>;

/** `object` with a mark of what it is built as, by which `isApplied` sees that it was built otherwise before. */
export function marked<T extends KubeObject>(object: T): T {
  const mark = createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 16);
  const annotations = { ...object.metadata.annotations, [ANNOTATIONS.applied]: mark };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/**
 * Whether applying `desired`, a marked object, would change nothing that is ours: the mark tells what we no longer ask for, the
 * fields tell what others changed. What `existing` has besides is the API server's or somebody else's, and stays.
 */
export function isApplied(existing: KubeObject, desired: KubeObject): boolean {
  // Items of a list come without their kind.
  const { apiVersion: _, kind: __, ...fields } = desired;
  return covers(existing, fields);
}

/** True when every field of `part` is in `whole` with that value; lists must be of the same length. */
export function covers(whole: unknown, part: unknown): boolean {
  if (part === undefined || whole === part) return true;
  if (Array.isArray(part)) {
    if (!Array.isArray(whole)) return part.length === 0 && whole === undefined;
    return whole.length === part.length && part.every((item, index) => covers(whole[index], item));
  }
  if (!isObject(part)) return false;
  if (!isObject(whole)) return Object.keys(part).length === 0 && whole === undefined;
  return Object.entries(part).every(([key, value]) => covers(whole[key], value));
}

/** True when both have the same fields with the same values, however their keys are ordered. */
export const isSame = (one: unknown, other: unknown): boolean => covers(one, other) && covers(other, one);

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
