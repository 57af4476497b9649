import { Hono } from 'hono';
import { KINDS } from '../../crds/group.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { refOf, SECRETS } from '../../shared/kube/resources.ts';
import { json, noContent } from './answer.ts';
import { readBody } from './body.ts';
import { credentialsOf, storeCredentials } from './credentials.ts';
import { HttpError } from './http-error.ts';
import { instanceFor } from './instance-object.ts';
import { CreateInstanceSchema, withRequired } from './instance-request.ts';
import { deleteObject, FIELD_MANAGER, fetchObject, listObjects, presented } from './objects.ts';
import { namespaceOf } from './query.ts';

const INSTANCES = KINDS.SympoziumInstance;

/** Instances: `GET|POST /instances`, `GET|DELETE /instances/{name}` (api.md 1.5). */
export function instanceRoutes(kube: KubeClient): Hono {
  const at = (url: string, name: string) => ({ namespace: namespaceOf(url), name });
  return new Hono()
    .get('/', async ({ req }) => json(await listObjects(kube, INSTANCES, namespaceOf(req.url))))
    .post('/', async ({ req }) => json(await createInstance(kube, req.raw), 201))
    .get('/:name', async ({ req }) =>
      json(presented(INSTANCES, await fetchObject(kube, INSTANCES, at(req.url, req.param('name'))))),
    )
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
  if (credentials !== undefined) {
    await storeCredentials(kube, stored, credentials).catch((error: unknown) => undo(kube, stored, error));
  }
  return presented(INSTANCES, stored);
}

async function requireSecret(kube: KubeClient, namespace: string, name: string): Promise<void> {
  const found = await kube.get(SECRETS, { namespace, name }, { metadataOnly: true });
  if (found === undefined) throw new HttpError(400, `secret "${name}" not found in namespace "${namespace}"`);
}

/** An instance whose key could not be stored must not stay: the caller is told that nothing was created. */
async function undo(kube: KubeClient, instance: KubeObject, cause: unknown): Promise<never> {
  await kube.remove(refOf(INSTANCES, instance));
  throw cause;
}
