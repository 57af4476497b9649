/** Server-side apply (Kubernetes "Server-Side Apply"; merge and ownership as in structured-merge-diff). */
import { appliedErrors } from './applied-errors.ts';
import { conflictMessage, describeConflicts } from './conflicts.ts';
import { difference, type FieldSet, intersection, isEmptySet, recursiveDifference, union } from './field-set.ts';
import { fieldSetOf } from './field-set-of.ts';
import {
  decodeManagers,
  encodeManagers,
  entryTime,
  type Managed,
  type Managers,
  managedBy,
  managerId,
  sameButTimes,
} from './managers.ts';
import { merge } from './merge.ts';
import { cleanMetadata } from './object-meta.ts';
import {
  conflictsWith,
  emptyObject,
  ignoredFields,
  managedFieldsOf,
  ownedChanges,
  takeFromOthers,
  updateManagers,
  withManagedFields,
} from './ownership.ts';
import { removePaths, withNamedFields } from './remove.ts';
import type { ApplyOutcome, ApplyRequest, JsonObject, TypeInfo } from './types.ts';
import { deepEqual, isObject } from './values.ts';

/**
 * Applies a configuration: sets what it holds, removes what the manager applied before and no longer does and nobody
 * else owns, and keeps account of the owners. Conflicts unless `force`.
 */
export function applyPatch(request: ApplyRequest): ApplyOutcome {
  if (managedFieldsOf(request.patch) !== undefined) {
    return { error: { code: 400, message: 'metadata.managedFields must be nil' } };
  }
  const message = appliedErrors(request.patch, request.typeInfo);
  if (message !== undefined) return { error: { code: 500, message } };

  const patch = configuration(request);
  const live = withManagedFields(request.live ?? emptyObject(patch), []);
  const self = managedBy(request, 'Apply', configuredFields(patch, request), entryTime(request.now));
  const id = managerId(self);
  const before = managersBefore(request, live);
  const last = before.get(id);
  const managers = new Map(before).set(id, { ...self, time: last?.time });
  const merged = merge(live, patch, request.typeInfo);
  const next = last ? prune(merged, managers, last.set, request.typeInfo) : merged;

  const change = ownedChanges(live, next, request);
  const conflicts = conflictsWith(managers, id, change);
  if (conflicts.size > 0 && !request.force) {
    const causes = describeConflicts(conflicts, managers);
    return { conflicts: causes, message: conflictMessage(causes) };
  }
  const owners = takeFromOthers(managers, id, change);
  // By value, not by `change`: an order of list items that changed counts too.
  const same = deepEqual(next, live);
  if (!same && owners.has(id)) owners.set(id, self);
  return outcome(request, isObject(next) ? next : live, owners, same);
}

function outcome(request: ApplyRequest, next: JsonObject, owners: Managers, same: boolean): ApplyOutcome {
  const entries = encodeManagers(owners);
  const { live } = request;
  if (live && same && sameButTimes(managedFieldsOf(live), entries)) return { object: live, changed: false };
  return { object: withManagedFields(cleanMetadata(next), entries), changed: true };
}

/** The patch without what this endpoint does not write and without a null creationTimestamp, which clients send. */
function configuration({ patch, resetFields }: ApplyRequest): JsonObject {
  const { metadata, ...rest } = patch;
  const kept = Object.entries(isObject(metadata) ? metadata : {}).filter(
    ([key, value]) => key !== 'creationTimestamp' || value !== null,
  );
  const configured: JsonObject = { ...rest, metadata: Object.fromEntries(kept) };
  for (const field of resetFields ?? []) delete configured[field];
  return configured;
}

function configuredFields(patch: JsonObject, request: ApplyRequest): FieldSet {
  return recursiveDifference(fieldSetOf(patch, request.typeInfo), ignoredFields(request));
}

/** Who owned what. Of an object without managedFields everything belongs to `before-first-apply`. */
function managersBefore(request: ApplyRequest, live: JsonObject): Managers {
  const managers = decodeManagers(managedFieldsOf(request.live));
  if (managers || !request.live) return managers ?? new Map<string, Managed>();
  const { subresource: _, resetFields: __, ...writer } = request;
  return updateManagers(new Map(), { ...writer, live: emptyObject(live), next: live, manager: 'before-first-apply' });
}

/** Removes what the manager owned by its last configuration, save what someone (or its new configuration) owns. */
function prune(merged: unknown, managers: Managers, last: FieldSet, type: TypeInfo): unknown {
  const gone = difference(last, managedSet(managers));
  if (isEmptySet(gone)) return merged;
  const named = (set: FieldSet) => withNamedFields(set, type);
  const mergedSet = named(fieldSetOf(merged, type));
  const removed = removePaths(merged, named(last), type);
  const owned = union(named(fieldSetOf(removed, type)), named(managedSet(managers)));
  const withOwned = removePaths(merged, difference(mergedSet, owned), type);
  const dangling = difference(mergedSet, named(fieldSetOf(withOwned, type)));
  return removePaths(merged, intersection(dangling, named(last)), type);
}

function managedSet(managers: Managers): FieldSet {
  return [...managers.values()].map((managed) => managed.set).reduce(union);
}
