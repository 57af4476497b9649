/** `metadata.managedFields` as sets per manager, read and written as the real server does. */
import { difference, type FieldSet, formatFields, isEmptySet, parseFields, setOfFields, union } from './field-set.ts';
import type { ManagedFieldsEntry, Writer } from './types.ts';
import { isObject } from './values.ts';

type Operation = 'Apply' | 'Update';

/** One manager's fields; `time` is absent when it has only ever agreed with what was there. */
export interface Managed {
  readonly manager: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  readonly time: string | undefined;
  readonly set: FieldSet;
}

/** By `managerId`. */
export type Managers = ReadonlyMap<string, Managed>;

/** The real server keeps this many managers that update, and puts older ones together as `ancient-changes`. */
const MAX_UPDATE_MANAGERS = 10;

/** Nobody owns these: the server sets them, or they name the object. */
const SYSTEM_FIELDS = setOfFields([
  'apiVersion',
  'kind',
  'metadata',
  'metadata.name',
  'metadata.namespace',
  'metadata.creationTimestamp',
  'metadata.selfLink',
  'metadata.uid',
  'metadata.clusterName',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
]);

/** What tells managers apart. An applier is the same one whatever version it applies in. */
export function managerId(entry: Omit<Managed, 'set' | 'time'>): string {
  const { manager, operation, apiVersion, subresource } = entry;
  return JSON.stringify({ manager, operation, ...(operation === 'Update' && { apiVersion }), subresource });
}

/** The writer's entry, with the given fields. */
export function managedBy(writer: Writer, operation: Operation, set: FieldSet, time: string | undefined): Managed {
  const { manager, apiVersion, subresource } = writer;
  return { manager, operation, apiVersion, subresource: subresource || undefined, time, set };
}

/** Reads managedFields. Undefined when there are none, or they can't be read. */
export function decodeManagers(entries: unknown): Managers | undefined {
  if (!Array.isArray(entries) || entries.length === 0) return undefined;
  const managers = new Map<string, Managed>();
  for (const entry of entries) {
    const managed = decodeEntry(entry);
    if (!managed) return undefined;
    managers.set(managerId(managed), managed);
  }
  return managers;
}

function decodeEntry(entry: ManagedFieldsEntry): Managed | undefined {
  const { operation, fieldsV1 } = entry;
  if ((operation !== 'Apply' && operation !== 'Update') || !isObject(fieldsV1)) return undefined;
  const root = parseFields(fieldsV1);
  return {
    manager: entry.manager ?? '',
    operation,
    apiVersion: entry.apiVersion ?? '',
    subresource: entry.subresource || undefined,
    time: entry.time,
    set: { own: false, children: root.children },
  };
}

/** Writes managedFields: system fields left out, too many updaters put together, empty managers dropped, in order. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  const stripped = new Map<string, Managed>();
  for (const [id, managed] of managers) {
    const set = difference(managed.set, SYSTEM_FIELDS);
    if (!isEmptySet(set)) stripped.set(id, { ...managed, set });
  }
  return [...capUpdaters(stripped).values()].sort(byOperationTimeName).map(encodeEntry);
}

function encodeEntry(managed: Managed): ManagedFieldsEntry {
  return {
    manager: managed.manager,
    operation: managed.operation,
    apiVersion: managed.apiVersion,
    ...(managed.time && { time: managed.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: formatFields(managed.set),
    ...(managed.subresource && { subresource: managed.subresource }),
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byOperationTimeName(a: Managed, b: Managed): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? '', b.time ?? '') ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource ?? '', b.subresource ?? '')
  );
}

function capUpdaters(managers: Managers): Managers {
  const updaters = [...managers].filter(([, managed]) => managed.operation === 'Update');
  if (updaters.length <= MAX_UPDATE_MANAGERS) return managers;
  updaters.sort(([idA, a], [idB, b]) => compareText(a.time ?? '', b.time ?? '') || compareText(idA, idB));
  const kept = new Map(managers);
  const oldest = new Map<string, string>();
  for (const [id, managed] of updaters) {
    if (kept.size - (managers.size - updaters.length) <= MAX_UPDATE_MANAGERS) break;
    const first = oldest.get(managed.apiVersion);
    oldest.set(managed.apiVersion, first === undefined ? id : putTogether(kept, first, id));
  }
  return kept;
}

/** Moves the fields of two old updaters into their version's `ancient-changes`, and says under which id that is. */
function putTogether(managers: Map<string, Managed>, first: string, second: string): string {
  const [a, b] = [managers.get(first), managers.get(second)];
  if (!a || !b) return first;
  const bucket = { ...b, manager: 'ancient-changes', subresource: undefined, set: union(a.set, b.set) };
  managers.delete(first);
  managers.delete(second);
  managers.set(managerId(bucket), bucket);
  return managerId(bucket);
}

/** A time as managedFields has it: in seconds. */
export function entryTime(now: Date): string {
  return now.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Whether two lists of entries differ in nothing but times. */
export function sameButTimes(left: unknown, right: unknown): boolean {
  const strip = (entries: unknown) =>
    (Array.isArray(entries) ? entries : [])
      .map(
        ({ time: _, ...entry }: ManagedFieldsEntry) =>
          JSON.stringify(entry, Object.keys(entry).sort()) + JSON.stringify(entry.fieldsV1),
      )
      .sort();
  return strip(left).join() === strip(right).join();
}
