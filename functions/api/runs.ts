import { Hono } from 'hono';
import * as z from 'zod';
import type { AgentRun } from '../../crds/agentrun.ts';
import { AGENT_RUN_PHASES } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import { ANNOTATIONS, LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { fitName, isDnsSubdomain } from '../../shared/kube/names.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { isConflict } from '../../shared/kube/status-error.ts';
import { REQUEST_DIGEST_ANNOTATION } from './annotations.ts';
import { encodeJson, json, noContent } from './answer.ts';
import { readBody } from './body.ts';
import { HttpError } from './http-error.ts';
import { deleteObject, FIELD_MANAGER, fetchObject, findObject, listObjects, presented } from './objects.ts';
import { namespaceOf, queryParameter } from './query.ts';
import { runFor } from './run-object.ts';
import { CreateRunSchema, type Idempotency, idempotencyOf, withRequired } from './run-request.ts';

const RUNS = KINDS.AgentRun;

/** Runs: `GET|POST /runs`, `GET|DELETE /runs/{name}`, `GET …/telemetry`, `POST …/gate-verdict` (api.md 1.5), and `POST …/cancel` (ours). */
export function runRoutes(kube: KubeClient, now: () => Date): Hono {
  const at = (url: string, name: string) => ({ namespace: namespaceOf(url), name });
  return new Hono()
    .get('/', async ({ req }) => json(await listRuns(kube, req.url)))
    .post('/', async ({ req }) => json(await createRun(kube, req.raw, now()), 201))
    .get('/:name', async ({ req }) =>
      json(presented(RUNS, await fetchObject<AgentRun>(kube, RUNS, at(req.url, req.param('name'))))),
    )
    .delete('/:name', async ({ req }) => {
      await deleteObject(kube, RUNS, at(req.url, req.param('name')));
      return noContent();
    })
    .get('/:name/telemetry', async ({ req }) => {
      const { metadata, status } = await fetchObject<AgentRun>(kube, RUNS, at(req.url, req.param('name')));
      const { podName = '', phase = '' } = status ?? {};
      return json({ runName: metadata.name, namespace: metadata.namespace, podName, phase, traceIds: [], events: [] });
    })
    .post('/:name/gate-verdict', async ({ req }) =>
      json(presented(RUNS, await setGateVerdict(kube, at(req.url, req.param('name')), req.raw))),
    )
    .post('/:name/cancel', async ({ req }) =>
      json(presented(RUNS, await cancelRun(kube, at(req.url, req.param('name'))))),
    );
}

/** Ends a run and keeps it; one that has ended stays as it is, which its answer says. Safe to repeat. */
async function cancelRun(kube: KubeClient, at: { namespace: string; name: string }): Promise<KubeObject> {
  await fetchObject<AgentRun>(kube, RUNS, at);
  return kube.mergePatch({ resource: RUNS, ...at }, { spec: { cancel: true } }, { fieldManager: FIELD_MANAGER });
}

/** Runs of the namespace; `instance` leaves those of one instance (ours, API-W25). */
async function listRuns(kube: KubeClient, url: string): Promise<object[]> {
  const instance = queryParameter(url, 'instance');
  const labelSelector = instance && `${LABELS.instance}=${fitName(instance)}`;
  if (instance && !isDnsSubdomain(instance)) return [];
  return listObjects(kube, RUNS, { namespace: namespaceOf(url), ...(labelSelector && { labelSelector }) });
}

async function createRun(kube: KubeClient, request: Request, now: Date): Promise<object> {
  const namespace = namespaceOf(request.url);
  const wanted = withRequired(await readBody(request, CreateRunSchema));
  const at = { namespace, name: wanted.instanceRef };
  const instance = await findObject<SympoziumInstance>(kube, KINDS.SympoziumInstance, at);
  if (instance === undefined) {
    throw new HttpError(404, `instance "${wanted.instanceRef}" not found in namespace "${namespace}"`);
  }
  const idempotency = idempotencyOf(request.headers.get('idempotency-key') ?? undefined, namespace, wanted);
  const run = runFor(wanted, instance, { sessionKey: sessionKeyAt(now), idempotency });
  const stored = await kube
    .create(RUNS, run as KubeObject, { fieldManager: FIELD_MANAGER })
    .catch((error: unknown) => repeated(error, kube, namespace, idempotency));
  return presented(RUNS, stored);
}

/** A repeat of a request under the same key gets the run of the first; the key of another request is refused (API-W33). */
async function repeated(
  error: unknown,
  kube: KubeClient,
  namespace: string,
  idempotency: Idempotency | undefined,
): Promise<KubeObject> {
  if (!isConflict(error) || idempotency === undefined) throw error;
  const existing = await kube.get(RUNS, { namespace, name: idempotency.name });
  const digest = existing?.metadata.annotations?.[REQUEST_DIGEST_ANNOTATION];
  if (existing === undefined || digest === undefined) throw error;
  if (digest !== idempotency.digest) throw new HttpError(422, '`Idempotency-Key` was used before, for another request');
  return existing;
}

/** `session-<nanoseconds>`: the clock gives milliseconds, chance the rest, so that runs of one moment do not share a session. */
function sessionKeyAt(now: Date): string {
  return `session-${now.getTime()}${String(Math.floor(Math.random() * 1_000_000)).padStart(6, '0')}`;
}

const GateVerdictSchema = z.object({
  action: z.string().optional(),
  response: z.string().optional(),
  reason: z.string().optional(),
});

const VERDICT_ATTEMPTS = 4;

/** Puts the verdict on the run. The run's reconciler may write in between: then it is read and judged again (API-W30). */
async function setGateVerdict(
  kube: KubeClient,
  at: { namespace: string; name: string },
  request: Request,
): Promise<KubeObject> {
  const { action = '', response = '', reason = '' } = await readBody(request, GateVerdictSchema);
  if (!['approve', 'reject', 'rewrite'].includes(action)) {
    throw new HttpError(400, 'action must be "approve", "reject", or "rewrite"');
  }
  if (action !== 'approve' && response === '') {
    throw new HttpError(400, 'response is required for reject/rewrite actions');
  }
  const verdict = { action, ...(response !== '' && { response }), ...(reason !== '' && { reason }) };
  const annotations = { [ANNOTATIONS.gateVerdict]: encodeJson(verdict).trimEnd() };
  for (let attempt = 1; ; attempt += 1) {
    const run = await findObject<AgentRun>(kube, RUNS, at);
    if (run === undefined) throw new HttpError(404, 'agent run not found');
    const phase = run.status?.phase ?? '';
    if (phase !== AGENT_RUN_PHASES.postRunning) {
      throw new HttpError(409, `run is in phase "${phase}", gate verdict can only be set during PostRunning`);
    }
    const { resourceVersion } = run.metadata;
    const patched = await kube
      .mergePatch(
        { resource: RUNS, ...at },
        { metadata: { annotations, resourceVersion } },
        { fieldManager: FIELD_MANAGER },
      )
      .catch((error: unknown) => {
        if (!isConflict(error) || attempt === VERDICT_ATTEMPTS) throw error;
        return undefined;
      });
    if (patched !== undefined) return patched;
  }
}
