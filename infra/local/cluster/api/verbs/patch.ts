import { applyPatch } from '../../apply/apply.ts';
import { jsonPatch } from '../../apply/json-patch.ts';
import { mergePatch } from '../../apply/merge-patch.ts';
import { strategicMerge } from '../../apply/strategic-merge.ts';
import type { PatchError } from '../../apply/types.ts';
import { type PatchType, parseJson, parseYamlOrJson } from '../http/body.ts';
import { isTrue } from '../http/request.ts';
import { isRecord, type KubeObject } from '../object.ts';
import { ApiError, applyConflict, badRequest, invalid, notFound } from '../status.ts';
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

function refused({ code, message }: PatchError, context: WriteContext): ApiError {
  if (code === 400) return badRequest(message);
  if (code === 500) return new ApiError(500, '', message);
  return new ApiError(422, 'Invalid', message, {
    name: context.request.name,
    kind: context.type.resource,
    ...(context.type.group === '' ? {} : { group: context.type.group }),
  });
}

function patched(context: WriteContext, patchType: PatchType, live: KubeObject, patch: unknown): KubeObject {
  const outcome = applyPatchType(context, patchType, live, patch);
  if ('error' in outcome) throw refused(outcome.error, context);
  return reread(context, outcome.object);
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

/** The result of a patch as an object of its kind, at the place it was read from. */
function reread(context: WriteContext, object: Record<string, unknown>): KubeObject {
  const { type, request, validation, warnings } = context;
  const next = intake(type, object, { validation, warnings, patched: true });
  if (next.metadata.name !== request.name) {
    throw badRequest(
      `the name of the object (${next.metadata.name ?? ''}) does not match the name on the URL (${request.name})`,
    );
  }
  return next;
}

async function applyConfiguration(context: WriteContext, configuration: unknown): Promise<WriteResult> {
  const { request, type } = context;
  if (!isRecord(configuration)) throw badRequest('error decoding YAML: the configuration must be an object');
  const patch = checkConfiguration(context, configuration);
  if (readLive(context) === undefined) {
    if (request.subresource !== '') throw notFound(type, request.name);
    const { next } = apply(context, undefined, patch);
    prepare(context, next);
    checkNamespace(context, next);
    return finishCreate(context, next);
  }
  return replace(context, (live) => apply(context, live, patch));
}

function checkConfiguration(
  { type, request, validation, warnings }: WriteContext,
  patch: Record<string, unknown>,
): Record<string, unknown> {
  if (patch['apiVersion'] !== type.apiVersion || patch['kind'] !== type.kind) {
    throw badRequest(`invalid object type: ${patch['apiVersion'] ?? ''}, Kind=${patch['kind'] ?? ''}`);
  }
  const metadata = isRecord(patch['metadata']) ? patch['metadata'] : {};
  if (metadata['name'] !== undefined && metadata['name'] !== request.name) {
    throw badRequest(`metadata.name (${metadata['name']}) does not match the name on the URL (${request.name})`);
  }
  // Only for the report of unknown fields: what is applied is the configuration as it was sent.
  intake(type, patch, { validation, warnings, patched: true });
  const namespace = type.namespaced ? { namespace: request.namespace } : {};
  return { ...patch, metadata: { ...metadata, name: request.name, ...namespace } };
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
  if ('error' in outcome) throw refused(outcome.error, context);
  if (!outcome.changed && live !== undefined) return { next: live, owned: true };
  return { next: intake(type, outcome.object, { validation: 'Ignore', warnings: [], patched: true }), owned: true };
}
