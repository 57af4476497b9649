import type { ResourceType } from '../kinds/resource-type.ts';
import { isRecord, type KubeObject, type ObjectMeta } from '../object.ts';
import { badRequest, fieldError, invalid, type Subject } from '../status.ts';
import { META } from '../types/builtin-types.ts';
import { DecodeError, decodeAs } from '../types/decode.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export function fieldValidationOf(query: URLSearchParams, options: Subject): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value;
  throw invalid(options, '', [fieldError.notSupported('fieldValidation', value, ['', 'Ignore', 'Strict', 'Warn'])]);
}

/** Where intake reports what it dropped: an error, a warning or nothing. */
export interface Intake {
  validation: FieldValidation;
  warnings: string[];
  /** The object comes out of a patch: a DecodeError is then thrown as it is. */
  patched?: boolean;
}

function checkGroupVersionKind(type: ResourceType, raw: Record<string, unknown>): void {
  const { apiVersion, kind } = raw;
  if (type.custom !== undefined) checkCustom(type, raw);
  if (apiVersion !== undefined && apiVersion !== '' && apiVersion !== type.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${type.apiVersion})`,
    );
  }
  if (kind !== undefined && kind !== '' && kind !== type.kind) {
    throw badRequest(
      `${kind} in version "${type.version}" cannot be handled as a ${type.kind}: converting (v1.${kind}) to (core.${type.kind}): unknown conversion`,
    );
  }
}

/** A custom resource says itself what it is. */
function checkCustom(type: ResourceType, raw: Record<string, unknown>): void {
  const { apiVersion, kind } = raw;
  const json = JSON.stringify(raw);
  const unrecognized = `the object provided is unrecognized (must be of type ${type.kind})`;
  if (kind === undefined || kind === '') {
    throw badRequest(`${unrecognized}: Object 'Kind' is missing in '${json}' (${json.slice(0, 22)} ...)`);
  }
  if (apiVersion === undefined || apiVersion === '') {
    throw badRequest(`the API version in the data () does not match the expected API version (${type.apiVersion})`);
  }
  if (kind === type.kind || apiVersion !== type.apiVersion) return;
  const name = isRecord(raw['metadata']) ? `${raw['metadata']['name'] ?? ''}` : '';
  throw invalid({ ...type, kind: `${kind}` }, name, [fieldError.invalid('kind', kind, `must be ${type.kind}`)]);
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
  if (into.patched) throw new DecodeError(strict);
  throw badRequest(`${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${strict}`);
}

function builtinObject(type: ResourceType, raw: Record<string, unknown>, unknown: string[], into: Intake): KubeObject {
  try {
    const { apiVersion: _version, kind: _kind, ...rest } = decodeAs(type.definition ?? '', raw, unknown);
    return { kind: type.kind, apiVersion: type.apiVersion, ...rest, metadata: metaOf(rest) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (into.patched) throw error;
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
