import { applyPatch } from '../../apply/apply.ts';
import { jsonPatch } from '../../apply/json-patch.ts';
import { mergePatch } from '../../apply/merge-patch.ts';
import { strategicMerge } from '../../apply/strategic-merge.ts';
import type { PatchError } from '../../apply/types.ts';
import { type PatchType, parseJson, parseYamlOrJson } from '../http/body.ts';
import { isTrue } from '../http/request.ts';
import { isRecord, type KubeObject } from '../object.ts';
import { ApiError, applyConflict, badRequest, fieldError, invalid, notFound } from '../status.ts';
import { DecodeError, decodeAs } from '../types/decode.ts';
import { checkNamespace, finishCreate, prepare } from './create.ts';
import { intake } from './intake.ts';
import { resetFieldsOf } from './ownership.ts';
import { type Proposal, readLive, replace } from './update.ts';
import type { WriteContext, WriteResult } from './write-context.ts';

export async function patchObject(context: WriteContext, patchType: PatchType, text: string): Promise<WriteResult> {
  checkOptions(context, patchType);
  if (patchType === 'application/apply-patch+yaml') return applyConfiguration(context, parseYamlOrJson(text));
  const patch = parseJson(text);
  return replace(context, (live) => ({ next: patched(context, patchType, live, patch), owned: false }));
}

function checkOptions({ request }: WriteContext, patchType: PatchType): void {
  const force = request.query.get('force');
  const subject = { group: 'meta.k8s.io', resource: 'patchoptions', kind: 'PatchOptions' };
  if (patchType !== 'application/apply-patch+yaml') {
    if (force === null) return;
    throw invalid(subject, '', [
      { reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified for non-apply patch', field: 'force' },
    ]);
  }
  if ((request.query.get('fieldManager') ?? '') !== '') return;
  throw invalid(subject, '', [
    { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
  ]);
}

function refused({ code, message }: PatchError): ApiError {
  if (code === 400) return badRequest(message);
  return code === 500 ? new ApiError(500, '', message) : new ApiError(422, 'Invalid', message, {});
}

function patched(context: WriteContext, patchType: PatchType, live: KubeObject, patch: unknown): KubeObject {
  const outcome = applyPatchType(context, patchType, live, patch);
  if ('error' in outcome) throw refused(outcome.error);
  const { name } = isRecord(outcome.object['metadata']) ? outcome.object['metadata'] : {};
  if (name !== context.request.name) {
    throw badRequest(
      `the name of the object (${name ?? ''}) does not match the name on the URL (${context.request.name})`,
    );
  }
  try {
    return intake(context.type, outcome.object, {
      validation: context.validation,
      warnings: context.warnings,
      patched: true,
    });
  } catch (error) {
    const about =
      error instanceof DecodeError ||
      (error instanceof ApiError && error.code === 400 && context.type.custom === undefined);
    if (!about) throw error;
    // What the patch made is no object of the kind: the patch is invalid, not the request.
    throw invalid({ group: '', resource: '', kind: '' }, '', [
      fieldError.invalid('patch', JSON.stringify(outcome.object), error.message),
    ]);
  }
}

function applyPatchType({ type }: WriteContext, patchType: PatchType, live: KubeObject, patch: unknown) {
  switch (patchType) {
    case 'application/json-patch+json':
      return jsonPatch(live, patch);
    case 'application/merge-patch+json':
      return mergePatch(live, patch);
    default:
      return strategicMerge(live, patch, type.typeInfo());
  }
}

async function applyConfiguration(context: WriteContext, configuration: unknown): Promise<WriteResult> {
  const { request, type } = context;
  if (!isRecord(configuration)) throw badRequest('error decoding YAML: the configuration must be an object');
  const patch = checkConfiguration(context, configuration);
  if (readLive(context) === undefined) {
    if (request.subresource !== '') throw notFound(type, request.name);
    const { next } = apply(context, undefined, patch);
    if (type.namespaced) next.metadata.namespace = request.namespace;
    prepare(context, next);
    checkNamespace(context, next);
    return finishCreate(context, next);
  }
  return replace(context, (live) => apply(context, live, patch));
}

function checkConfiguration(context: WriteContext, patch: Record<string, unknown>): Record<string, unknown> {
  const { type, request } = context;
  if (patch['apiVersion'] !== type.apiVersion || patch['kind'] !== type.kind) {
    throw badRequest(`invalid object type: ${goVersion(patch['apiVersion'])}, Kind=${patch['kind'] ?? ''}`);
  }
  const metadata = isRecord(patch['metadata']) ? patch['metadata'] : {};
  if (metadata['name'] !== undefined && metadata['name'] !== request.name) {
    throw badRequest(
      `the name of the object (${metadata['name']}) does not match the name on the URL (${request.name})`,
    );
  }
  if (type.custom === undefined) checkDeclared(context, patch, `${metadata['namespace'] ?? ''}/${request.name}`);
  return { ...patch, metadata: { ...metadata, name: request.name } };
}

const goVersion = (apiVersion: unknown): string =>
  `${apiVersion ?? ''}`.includes('/') ? `${apiVersion}` : `/${apiVersion ?? ''}`;

/** Server-side apply takes only fields of the kind's schema, whatever the field validation. */
function checkDeclared({ type }: WriteContext, patch: Record<string, unknown>, key: string): void {
  const unknown: string[] = [];
  try {
    decodeAs(type.definition ?? '', patch, unknown);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new ApiError(
      500,
      '',
      `failed to create typed patch object (${key}; ${goVersion(type.apiVersion)}, Kind=${type.kind}): ${error.message}`,
    );
  }
  if (unknown.length === 0) return;
  const list = unknown.map((path) => `.${path}: field not declared in schema`);
  const text = list.length === 1 ? list[0] : `errors:\n${list.map((item) => `  ${item}`).join('\n')}`;
  throw new ApiError(
    500,
    '',
    `failed to create typed patch object (${key}; ${goVersion(type.apiVersion)}, Kind=${type.kind}): ${text}`,
  );
}

function apply(context: WriteContext, live: KubeObject | undefined, patch: Record<string, unknown>): Proposal {
  const { type, request, manager, cluster } = context;
  const outcome = applyPatch({
    ...(live === undefined ? {} : { live }),
    patch,
    force: isTrue(request.query.get('force')),
    manager,
    typeInfo: type.typeInfo(),
    apiVersion: type.apiVersion,
    ...(request.subresource === '' ? {} : { subresource: request.subresource }),
    resetFields: resetFieldsOf(context),
    now: cluster.now(),
  });
  if ('conflicts' in outcome) {
    const causes = outcome.conflicts.map(({ message, field }) => ({ reason: 'FieldManagerConflict', message, field }));
    throw applyConflict(outcome.message, causes);
  }
  if ('error' in outcome) throw refused(outcome.error);
  if (!outcome.changed && live !== undefined) return { next: live, owned: true };
  return { next: intake(type, outcome.object, { validation: 'Ignore', warnings: [], patched: true }), owned: true };
}
