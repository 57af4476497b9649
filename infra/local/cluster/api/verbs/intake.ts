import type { ResourceType } from '../kinds/resource-type.ts';
import { isRecord, type KubeObject, type ObjectMeta } from '../object.ts';
import { badRequest } from '../status.ts';
import { META } from '../types/builtin-types.ts';
import { DecodeError, decodeAs } from '../types/decode.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value;
  throw badRequest(`invalid fieldValidation: Invalid value: "${value}": must be one of: Ignore, Warn, Strict`);
}

/** Where intake reports what it dropped: an error, a warning or nothing. */
export interface Intake {
  validation: FieldValidation;
  warnings: string[];
  /** The object comes out of a patch: the error then stands without the object's kind. */
  patched?: boolean;
}

function checkGroupVersionKind(type: ResourceType, raw: Record<string, unknown>): void {
  const { apiVersion, kind } = raw;
  if (type.custom !== undefined && (kind === undefined || kind === ''))
    throw badRequest("Object 'Kind' is missing in the object");
  if (apiVersion !== undefined && apiVersion !== '' && apiVersion !== type.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${type.apiVersion})`,
    );
  }
  if (kind !== undefined && kind !== '' && kind !== type.kind) {
    const wanted = `${kind} in version "${type.version}" cannot be handled as a ${type.kind}: converting (v1.${kind}) to (core.${type.kind}): unknown conversion`;
    throw badRequest(
      type.custom === undefined
        ? wanted
        : `the kind in the data (${kind}) does not match the expected kind (${type.kind})`,
    );
  }
}

/** The object of a request as this server understands it: typed, pruned and with its defaults. `raw` is not changed. */
export function intake(type: ResourceType, raw: Record<string, unknown>, into: Intake): KubeObject {
  checkGroupVersionKind(type, raw);
  const unknown: string[] = [];
  const object = type.custom === undefined ? builtinObject(type, raw, unknown, into) : customObject(type, raw, unknown);
  report(type, unknown, into);
  type.rules.default?.(object);
  return object;
}

function report(type: ResourceType, unknown: readonly string[], into: Intake): void {
  if (unknown.length === 0 || into.validation === 'Ignore') return;
  const messages = unknown.map((path) => `unknown field "${path}"`);
  if (into.validation === 'Warn') {
    into.warnings.push(...messages);
    return;
  }
  const strict = `strict decoding error: ${messages.join(', ')}`;
  if (into.patched || type.custom !== undefined)
    throw badRequest(into.patched && type.custom === undefined ? strict : strict);
  throw badRequest(`${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${strict}`);
}

function builtinObject(type: ResourceType, raw: Record<string, unknown>, unknown: string[], into: Intake): KubeObject {
  try {
    const { apiVersion: _version, kind: _kind, ...rest } = decodeAs(type.definition ?? '', raw, unknown);
    return { kind: type.kind, apiVersion: type.apiVersion, ...rest, metadata: metaOf(rest) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (into.patched) throw badRequest(error.message);
    throw badRequest(`${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${error.message}`);
  }
}

const metaOf = (object: Record<string, unknown>): ObjectMeta =>
  isRecord(object['metadata']) ? object['metadata'] : {};

function customObject(type: ResourceType, raw: Record<string, unknown>, unknown: string[]): KubeObject {
  const schema = type.custom?.schema;
  if (schema === undefined) throw new Error(`${type.kind} has no schema`);
  let metadata: ObjectMeta;
  try {
    const unknownMeta: string[] = [];
    metadata = decodeAs(`${META}.ObjectMeta`, raw['metadata'] ?? {}, unknownMeta);
    unknown.push(...unknownMeta.map((path) => `metadata.${path}`));
  } catch (error) {
    throw error instanceof DecodeError ? badRequest(error.message) : error;
  }
  const { value, unknownPaths } = schema.prune(raw);
  unknown.push(...unknownPaths);
  return { ...schema.default(value), apiVersion: type.apiVersion, kind: type.kind, metadata };
}

/** An object of the storage version as this version shows it: with one schema for all versions only the name differs. */
export function inVersion(type: ResourceType, object: KubeObject): KubeObject {
  return object.apiVersion === type.apiVersion ? object : { ...object, apiVersion: type.apiVersion };
}
