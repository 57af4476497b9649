import type { ServerResponse } from 'node:http';
import type { ClusterState } from '../cluster-state.ts';
import { methodNotAllowed } from '../status.ts';
import { handleSubresource } from '../subresources/dispatch.ts';
import { reviewKinds } from '../subresources/reviews.ts';
import { createObject } from '../verbs/create.ts';
import { deleteFromCollection, deleteObject, deleteOptionsOf } from '../verbs/delete.ts';
import { patchObject } from '../verbs/patch.ts';
import { getObject, listPage, type Page } from '../verbs/read.ts';
import { updateObject } from '../verbs/update.ts';
import { watchCollection } from '../verbs/watch.ts';
import { type WriteContext, type WriteResult, writeContext } from '../verbs/write-context.ts';
import { patchTypeOf, readBody, readObject } from './body.ts';
import { type Presentation, presentationFor } from './presentation.ts';
import type { ResourceRequest } from './request.ts';
import { sendJson } from './respond.ts';

/** Answers an authorized request to a resource. Errors are thrown; `warnings` also go out with an error. */
export async function handleResource(
  cluster: ClusterState,
  request: ResourceRequest,
  response: ServerResponse,
  warnings: string[],
): Promise<void> {
  const { type, verb } = request;
  if (type.custom?.deprecationWarning !== undefined) warnings.push(type.custom.deprecationWarning);
  if (request.subresource !== '' && request.subresource !== 'status')
    return handleSubresource(cluster, request, response, warnings);
  if (!type.verbs.includes(verb)) throw methodNotAllowed();
  const review = reviewKinds[`${type.group}/${type.kind}`];
  if (review !== undefined) {
    const body = await readObject(request.raw);
    return sendJson(response, 201, JSON.stringify(review(cluster, request, body)), warnings);
  }
  const present = presentationFor(type, request.raw.headers.accept, request.query, cluster.now());
  switch (verb) {
    case 'get':
      return sendJson(response, 200, present.one(getObject(cluster, request)), warnings);
    case 'list':
      return sendJson(response, 200, present.list(listPage(cluster, request)), warnings);
    case 'watch':
      return watchCollection(cluster, request, response, present);
    default: {
      const result = await write(writeContext(cluster, request, warnings));
      return sendJson(response, result.code, bodyOf(result, present), warnings);
    }
  }
}

type Written = WriteResult | { code: number; status: unknown } | { code: number; page: Page };

function bodyOf(result: Written, present: Presentation): string {
  if ('page' in result) return present.list(result.page);
  return 'status' in result ? JSON.stringify(result.status) : present.one(result.entry);
}

async function write(context: WriteContext): Promise<Written> {
  const { request, type } = context;
  const { headers } = request.raw;
  switch (request.verb) {
    case 'create':
      return createObject(context, await readObject(request.raw));
    case 'update':
      return updateObject(context, await readObject(request.raw));
    case 'patch':
      return patchObject(
        context,
        patchTypeOf(headers['content-type'], type.custom !== undefined),
        await readBody(request.raw),
      );
    case 'delete':
      return deleteNamed(context, await readObject(request.raw));
    default:
      return deleteCollection(context, await readObject(request.raw));
  }
}

/** Kinds whose deletion answers with the object even when it is gone. */
const ANSWERS_OBJECT = new Set([
  'pods',
  'persistentvolumeclaims',
  'persistentvolumes',
  'serviceaccounts',
  'services',
  'storage.k8s.io/storageclasses',
]);

async function deleteNamed(
  context: WriteContext,
  raw: Record<string, unknown>,
): Promise<WriteResult | { code: number; status: unknown }> {
  const { type, request } = context;
  const { entry, gone } = await deleteObject(context, deleteOptionsOf(context, raw));
  if (!gone || ANSWERS_OBJECT.has(type.storage)) return { code: 200, entry };
  const details = {
    name: request.name,
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.resource,
    uid: entry.object.metadata.uid,
  };
  return { code: 200, status: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
}

async function deleteCollection(
  context: WriteContext,
  raw: Record<string, unknown>,
): Promise<{ code: number; page: Page }> {
  const options = deleteOptionsOf(context, raw);
  const page = listPage(context.cluster, context.request);
  for (const entry of page.entries) await deleteFromCollection(context, options, entry);
  return { code: 200, page };
}
