import { Hono } from 'hono';
import { LABELS } from '../../crds/labels.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { PODS } from '../../shared/kube/resources.ts';
import { json } from './answer.ts';
import { HttpError } from './http-error.ts';
import { fetchObject } from './objects.ts';
import { containerOf, type Pod } from './pod.ts';
import { namespaceOf, queryParameter } from './query.ts';

const TAIL_LINES = 200;

/** `GET /pods` and `GET /pods/{name}/logs?container=` (api.md 1.5). */
export function podRoutes(kube: KubeClient): Hono {
  return new Hono()
    .get('/', async ({ req }) => {
      const { items } = await kube.list<Pod>(PODS, { namespace: openNamespace(req.url) });
      return json(items.map(podInfo));
    })
    .get('/:name/logs', async ({ req }) => {
      const at = { namespace: openNamespace(req.url), name: req.param('name') };
      const pod = await fetchObject<Pod>(kube, PODS, at);
      // Nothing runs before the pod has a node, and the API server would answer with nothing, too.
      if (pod.spec?.nodeName === undefined) return json({ logs: '' });
      const container = containerOf(pod, queryParameter(req.url, 'container'));
      return json({ logs: await kube.logs(at, { container, tailLines: TAIL_LINES }) });
    });
}

/** Kubernetes' own namespaces are nobody's business here: their pods and logs belong to the cluster's owner (API-W13). */
function openNamespace(url: string): string {
  const namespace = namespaceOf(url);
  if (namespace.startsWith('kube-')) throw new HttpError(403, `pods of namespace "${namespace}" are not shown`);
  return namespace;
}

function podInfo({ metadata, spec, status }: Pod): object {
  const { name, namespace, labels } = metadata;
  const instanceRef = labels?.[LABELS.instance];
  const restartCount = status?.containerStatuses?.reduce((sum, one) => sum + one.restartCount, 0) ?? 0;
  return {
    name,
    namespace,
    phase: status?.phase || 'Pending',
    ...(spec?.nodeName && { nodeName: spec.nodeName }),
    ...(status?.podIP && { podIP: status.podIP }),
    ...(status?.startTime && { startTime: status.startTime }),
    restartCount,
    ...(instanceRef && { instanceRef }),
    ...(labels && { labels }),
  };
}
