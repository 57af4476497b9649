import { Hono } from 'hono';
import type { AgentRun } from '../../crds/agentrun.ts';
import { AGENT_RUN_PHASES } from '../../crds/conditions.ts';
import { KINDS, SYSTEM_NAMESPACE } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { SympoziumConfig } from '../../crds/sympoziumconfig.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { fitName } from '../../shared/kube/names.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { refOf, SECRETS } from '../../shared/kube/resources.ts';
import { isConflict } from '../../shared/kube/status-error.ts';
import { json, noContent } from './answer.ts';
import { readBody } from './body.ts';
import { credentialsOf, storeCredentials } from './credentials.ts';
import { heartbeatFor } from './heartbeat.ts';
import { HttpError } from './http-error.ts';
import { instanceFor } from './instance-object.ts';
import { isWebEndpoint, PatchInstanceSchema, patchedSpec } from './instance-patch.ts';
import { CreateInstanceSchema, withRequired } from './instance-request.ts';
import { deleteObject, FIELD_MANAGER, fetchObject, findObject, listObjects, presented } from './objects.ts';
import { namespaceOf } from './query.ts';

const INSTANCES = KINDS.SympoziumInstance;

/** Instances: `GET|POST /instances`, `GET|PATCH|DELETE /instances/{name}`, `GET …/web-endpoint` (api.md 1.5). */
export function instanceRoutes(kube: KubeClient): Hono {
  const at = (url: string, name: string) => ({ namespace: namespaceOf(url), name });
  return new Hono()
    .get('/', async ({ req }) => json(await listObjects(kube, INSTANCES, { namespace: namespaceOf(req.url) })))
    .post('/', async ({ req }) => json(await createInstance(kube, req.raw), 201))
    .get('/:name', async ({ req }) =>
      json(presented(INSTANCES, await fetchObject(kube, INSTANCES, at(req.url, req.param('name'))))),
    )
    .patch('/:name', async ({ req }) =>
      json(presented(INSTANCES, await patchInstance(kube, at(req.url, req.param('name')), req.raw))),
    )
    .get('/:name/web-endpoint', async ({ req }) => json(await webEndpointStatus(kube, at(req.url, req.param('name')))))
    .delete('/:name', async ({ req }) => {
      await deleteObject(kube, INSTANCES, at(req.url, req.param('name')));
      return noContent();
    });
}

async function createInstance(kube: KubeClient, request: Request): Promise<object> {
  const namespace = namespaceOf(request.url);
  const wanted = withRequired(await readBody(request, CreateInstanceSchema));
  const credentials = credentialsOf(wanted);
  if (wanted.secretName) await requireSecret(kube, namespace, wanted.secretName);
  const instance = instanceFor(wanted, namespace, wanted.secretName || credentials?.secretName);
  const stored = await kube.create(INSTANCES, instance as KubeObject, { fieldManager: FIELD_MANAGER });
  try {
    if (credentials !== undefined) await storeCredentials(kube, stored, credentials);
    if (wanted.heartbeatInterval) await createHeartbeat(kube, stored, wanted.heartbeatInterval);
  } catch (error) {
    // The caller is told that nothing was created: an instance without its key must not stay. What it owns goes with it.
    await kube.remove(refOf(INSTANCES, stored));
    throw error;
  }
  return presented(INSTANCES, stored);
}

async function requireSecret(kube: KubeClient, namespace: string, name: string): Promise<void> {
  const found = await findObject(kube, SECRETS, { namespace, name }, { metadataOnly: true });
  if (found === undefined) throw new HttpError(400, `secret "${name}" not found in namespace "${namespace}"`);
}

/** A schedule of that name that is there already is left as it is. */
async function createHeartbeat(kube: KubeClient, instance: KubeObject, interval: string): Promise<void> {
  const heartbeat = heartbeatFor(instance, interval);
  await kube.create(KINDS.SympoziumSchedule, heartbeat, { fieldManager: FIELD_MANAGER }).catch((error: unknown) => {
    if (!isConflict(error)) throw error;
  });
}

const PATCH_ATTEMPTS = 4;

/** Reads, patches and writes with the version that was read; somebody else's write in between starts it anew (API-W30). */
async function patchInstance(
  kube: KubeClient,
  at: { namespace: string; name: string },
  request: Request,
): Promise<KubeObject> {
  const patch = await readBody(request, PatchInstanceSchema);
  for (let attempt = 1; ; attempt += 1) {
    const { metadata, spec } = await instanceAt(kube, at);
    // A merge patch removes a field only when it is null; the whole profile is sent, so that the hooks are replaced.
    const { skills, agents } = patchedSpec(spec, patch);
    const { lifecycle } = agents.default;
    const change = {
      skills: skills?.length === 0 ? null : skills,
      agents: { default: { lifecycle: replaced(spec.agents.default.lifecycle, lifecycle) } },
    };
    const { resourceVersion } = metadata;
    const patched = await kube
      .mergePatch(
        { resource: INSTANCES, ...at },
        { metadata: { resourceVersion }, spec: change },
        { fieldManager: FIELD_MANAGER },
      )
      .catch((error: unknown) => {
        if (!isConflict(error) || attempt === PATCH_ATTEMPTS) throw error;
        return undefined;
      });
    if (patched !== undefined) return patched;
  }
}

/** A merge patch keeps members that it does not name: those that are to go are named with null. */
function replaced(before: object | undefined, after: object | undefined): object | null {
  if (after === undefined) return null;
  const gone = Object.keys(before ?? {}).filter((key) => !(key in after));
  return { ...after, ...Object.fromEntries(gone.map((key) => [key, null])) };
}

async function instanceAt(kube: KubeClient, at: { namespace: string; name: string }): Promise<SympoziumInstance> {
  const instance = await findObject<SympoziumInstance>(kube, INSTANCES, at);
  if (instance === undefined) throw new HttpError(404, 'instance not found');
  return instance;
}

/** Whether the instance is reachable over the web, and by which objects of its serving run. */
async function webEndpointStatus(kube: KubeClient, at: { namespace: string; name: string }): Promise<object> {
  const { spec } = await instanceAt(kube, at);
  if (spec.skills?.some(isWebEndpoint) !== true) return { enabled: false, gatewayReady: false };
  const labelSelector = `${LABELS.instance}=${fitName(at.name)}`;
  const { items } = await kube.list<AgentRun>(KINDS.AgentRun, { namespace: at.namespace, labelSelector });
  const serving = items.find(({ status }) => status?.phase === AGENT_RUN_PHASES.serving)?.status;
  const config = await kube.get<SympoziumConfig>(KINDS.SympoziumConfig, {
    namespace: SYSTEM_NAMESPACE,
    name: 'default',
  });
  return {
    enabled: true,
    ...(serving?.deploymentName && { deploymentName: serving.deploymentName }),
    ...(serving?.serviceName && { serviceName: serving.serviceName }),
    gatewayReady: config?.status?.gateway?.ready === true,
  };
}
