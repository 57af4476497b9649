/** JSON patch (RFC 6902), with the answers of the real server. */
import type { JsonObject, PatchError, PatchOutcome } from './types.ts';
import { deepEqual, isObject } from './values.ts';

/** The real server says no more than this about an operation that can't be done. */
const REJECTED: PatchError = { code: 422, message: 'the server rejected our request due to an error in our request' };
const MAX_OPERATIONS = 10_000;

interface Operation {
  readonly op: unknown;
  readonly path: readonly string[];
  readonly from: readonly string[] | undefined;
  readonly value: unknown;
}

/** Thrown inside this module only: the operation can't be done. */
class NotApplicable extends Error {}

/** Applies all operations or none. A patch that is no list of objects is a 400, one that can't be applied a 422. */
export function jsonPatch(object: JsonObject, patch: unknown): PatchOutcome {
  if (!Array.isArray(patch)) {
    const got = isObject(patch) ? 'object' : typeof patch;
    return badPatch(`json: cannot unmarshal ${got} into Go value of type []handlers.jsonPatchOp`);
  }
  if (patch.length > MAX_OPERATIONS) {
    const message = `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`;
    return { error: { code: 413, message } };
  }
  if (!patch.every(isObject)) return badPatch('json: cannot unmarshal into Go value of type handlers.jsonPatchOp');
  try {
    const patched = patch.map(readOperation).reduce<unknown>(applyOperation, object);
    return isObject(patched) ? { object: patched } : { error: REJECTED };
  } catch (error) {
    if (error instanceof NotApplicable) return { error: REJECTED };
    throw error;
  }
}

function badPatch(detail: string): PatchOutcome {
  return { error: { code: 400, message: `error decoding patch: ${detail}` } };
}

function readOperation({ op, path, from, value }: JsonObject): Operation {
  return {
    op,
    path: readPointer(path),
    from: from === undefined ? undefined : readPointer(from),
    value: value ?? null,
  };
}

function readPointer(pointer: unknown): string[] {
  if (pointer === '') return [];
  if (typeof pointer !== 'string' || !pointer.startsWith('/'))
    throw new NotApplicable('A path must start with a slash');
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function applyOperation(document: unknown, { op, path, from = [], value }: Operation): unknown {
  switch (op) {
    case 'add':
      return write(document, path, value, 'add');
    case 'replace':
      return write(document, path, value, 'replace');
    case 'remove':
      return write(document, path, undefined, 'remove');
    case 'copy':
      return write(document, path, read(document, from) ?? null, 'add');
    case 'move':
      return write(write(document, from, undefined, 'remove'), path, existing(document, from), 'add');
    case 'test':
      if (!deepEqual(read(document, path) ?? null, value)) throw new NotApplicable('A test failed');
      return document;
    default:
      throw new NotApplicable('An operation must be add, replace, remove, copy, move or test');
  }
}

/** The value at a path; undefined when the last step does not exist, an error when an earlier one does not. */
function read(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const [depth, part] of path.entries()) {
    if (Array.isArray(value)) value = value[indexIn(value, part, value.length - 1)];
    else if (isObject(value)) value = Object.hasOwn(value, part) ? value[part] : undefined;
    else throw new NotApplicable('A path must lead through objects and lists');
    if (value === undefined && depth < path.length - 1) throw new NotApplicable('A path must exist');
  }
  return value;
}

function existing(document: unknown, path: readonly string[]): unknown {
  const value = read(document, path);
  if (value === undefined) throw new NotApplicable('A value must exist');
  return value;
}

/** An index as RFC 6902 has it, or one counted from the end as the real server takes it. */
function indexIn(list: readonly unknown[], part: string, last: number): number {
  if (!/^-?(0|[1-9]\d*)$/.test(part)) throw new NotApplicable('An index must be a number');
  const index = Number(part) < 0 ? list.length + Number(part) : Number(part);
  if (index < 0 || index > last) throw new NotApplicable('An index must be in the list');
  return index;
}

type Change = 'add' | 'replace' | 'remove';

/** The document with the value at the path changed; parts off the path are shared. */
function write(document: unknown, path: readonly string[], value: unknown, change: Change): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return change === 'remove' ? null : value;
  if (Array.isArray(document)) return writeItem(document, part, rest, value, change);
  if (!isObject(document)) throw new NotApplicable('A path must lead through objects and lists');
  const exists = Object.hasOwn(document, part);
  // The real server lets a field be replaced that is not there.
  if (!exists && (rest.length > 0 || change === 'remove')) throw new NotApplicable('A path must exist');
  if (rest.length > 0 || change !== 'remove') {
    return { ...document, [part]: rest.length > 0 ? write(document[part], rest, value, change) : value };
  }
  const { [part]: _, ...kept } = document;
  return kept;
}

function writeItem(
  list: readonly unknown[],
  part: string,
  rest: readonly string[],
  value: unknown,
  change: Change,
): unknown[] {
  if (rest.length === 0 && change === 'add') {
    // Counted from the end, an index is one of the list as it will be.
    return list.toSpliced(part === '-' ? list.length : indexIn([...list, value], part, list.length), 0, value);
  }
  const index = indexIn(list, part, list.length - 1);
  if (rest.length > 0) return list.with(index, write(list[index], rest, value, change));
  return change === 'remove' ? list.toSpliced(index, 1) : list.with(index, value);
}
