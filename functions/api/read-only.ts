import { Hono } from 'hono';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { Resource } from '../../shared/kube/resources.ts';
import { json } from './answer.ts';
import { fetchObject, listObjects, presented } from './objects.ts';
import { namespaceOf } from './query.ts';

/** Policies and skills: the list spans all namespaces, whatever `namespace` says; a single one is looked up in it. */
export function readOnlyRoutes(kube: KubeClient, resource: Resource): Hono {
  return new Hono()
    .get('/', async () => json(await listObjects(kube, resource)))
    .get('/:name', async ({ req }) => {
      const at = { namespace: namespaceOf(req.url), name: req.param('name') };
      return json(presented(resource, await fetchObject(kube, resource, at)));
    });
}
