import type { ServerResponse } from 'node:http';
import type { ClusterState } from '../cluster-state.ts';
import { readObject } from '../http/body.ts';
import type { ResourceRequest } from '../http/request.ts';
import { sendJson } from '../http/respond.ts';
import { isRecord } from '../object.ts';
import { deleteObject, deleteOptionsOf } from '../verbs/delete.ts';
import { writeContext } from '../verbs/write-context.ts';

/** A deletion that a disruption budget could refuse; budgets are stored here and not enforced. */
export async function evictPod(
  cluster: ClusterState,
  request: ResourceRequest,
  response: ServerResponse,
  warnings: string[],
): Promise<void> {
  const body = await readObject(request.raw);
  const context = writeContext(cluster, { ...request, verb: 'delete', subresource: '' }, warnings);
  await deleteObject(context, deleteOptionsOf(context, isRecord(body['deleteOptions']) ? body['deleteOptions'] : {}));
  sendJson(
    response,
    201,
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }),
    warnings,
  );
}
