/** Who owns what after a write: conflicts with other managers, what they lose, what the writer gains. */
import { type Comparison, compare, isSame, without } from './compare.ts';
import { difference, EMPTY_SET, type FieldSet, intersection, isEmptySet, setOfFields, union } from './field-set.ts';
import {
  decodeManagers,
  encodeManagers,
  entryTime,
  type Managed,
  type Managers,
  managedBy,
  managerId,
} from './managers.ts';
import { cleanMetadata } from './object-meta.ts';
import type { JsonObject, ManagedFieldsEntry, UpdateRequest, Writer } from './types.ts';
import { deepEqual, isObject } from './values.ts';

/** The comparison that ownership goes by: without what the endpoint does not write. */
export function ownedChanges(live: unknown, next: unknown, writer: Writer): Comparison {
  return without(compare(live, next, writer.typeInfo), ignoredFields(writer));
}

export function ignoredFields(writer: Writer): FieldSet {
  return writer.resetFields ? setOfFields(writer.resetFields) : EMPTY_SET;
}

/** What each other manager owns of what changes. */
export function conflictsWith(managers: Managers, self: string, change: Comparison): ReadonlyMap<string, FieldSet> {
  const changed = union(change.modified, change.added);
  const conflicts = new Map<string, FieldSet>();
  for (const [id, managed] of managers) {
    const conflict = id === self ? EMPTY_SET : intersection(managed.set, changed);
    if (!isEmptySet(conflict)) conflicts.set(id, conflict);
  }
  return conflicts;
}

/** The managers with what changed or went taken from all but `self`; those left with nothing are gone. */
export function takeFromOthers(managers: Managers, self: string, change: Comparison): Map<string, Managed> {
  const lost = union(union(change.modified, change.added), change.removed);
  const left = new Map<string, Managed>();
  for (const [id, managed] of managers) {
    const set = id === self ? managed.set : difference(managed.set, lost);
    if (!isEmptySet(set)) left.set(id, set === managed.set ? managed : { ...managed, set });
  }
  return left;
}

/**
 * The managedFields after a write that is not an apply (create, update, any patch): the manager owns what it changed.
 * An object that lost all its entries is not tracked again until the next apply.
 */
export function updateManagedFields(request: UpdateRequest): readonly ManagedFieldsEntry[] {
  const managers = startingManagers(request);
  if (managers.size === 0 && request.live) return [];
  return encodeManagers(updateManagers(managers, { ...request, next: cleanMetadata(request.next) }));
}

/** Managers after an update of `live` to `next` by the writer. */
export function updateManagers(managers: Managers, request: UpdateRequest): Managers {
  const { live, next } = request;
  const change = ownedChanges(live ?? emptyObject(next), next, request);
  if (isSame(change)) return managers;
  const updated = takeFromOthers(managers, '', change);
  const gained = union(change.modified, change.added);
  if (isEmptySet(gained)) return updated;
  const own = managedBy(request, 'Update', gained, entryTime(request.now));
  const id = managerId(own);
  const before = updated.get(id);
  updated.set(id, before ? { ...own, set: union(gained, before.set) } : own);
  return updated;
}

export function emptyObject(next: JsonObject): JsonObject {
  return { apiVersion: next['apiVersion'], kind: next['kind'], metadata: {} };
}

/** The client's managedFields when it sent some that can be read, none when it resets them (`[{}]`), else the stored. */
function startingManagers({ live, next, subresource }: UpdateRequest): Managers {
  const stored = decodeManagers(managedFieldsOf(live)) ?? new Map<string, Managed>();
  if (subresource) return stored;
  const sent = managedFieldsOf(next);
  if (Array.isArray(sent) && sent.length === 1 && deepEqual(sent[0], {})) return new Map();
  return decodeManagers(sent) ?? stored;
}

export function managedFieldsOf(object: JsonObject | undefined): unknown {
  const metadata = object?.['metadata'];
  return isObject(metadata) ? metadata['managedFields'] : undefined;
}

/** The object with these entries; without the field when there are none. */
export function withManagedFields(object: JsonObject, entries: readonly ManagedFieldsEntry[]): JsonObject {
  const { managedFields: _, ...metadata } = isObject(object['metadata']) ? object['metadata'] : {};
  return { ...object, metadata: entries.length > 0 ? { ...metadata, managedFields: entries } : metadata };
}
