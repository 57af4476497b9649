import { Hono } from 'hono';
import type { KubeClient } from '../../shared/kube/client.ts';
import { NAMESPACES, PODS, type Resource } from '../../shared/kube/resources.ts';
import { isNotFound } from '../../shared/kube/status-error.ts';
import { json } from './answer.ts';

const NODES: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };
const SANDBOX_GROUP = 'agents.x-k8s.io';
const NO_SANDBOX = `Agent Sandbox CRDs (${SANDBOX_GROUP}) are not installed. Install kubernetes-sigs/agent-sandbox to enable this feature.`;

/** `GET /namespaces`, `/cluster`, `/capabilities` (api.md 1.5). */
export function clusterRoutes(kube: KubeClient): Hono {
  return new Hono()
    .get('/namespaces', async () => json((await kube.list(NAMESPACES)).items.map(({ metadata }) => metadata.name)))
    .get('/cluster', async () => {
      const [nodes, namespaces, pods, version] = await Promise.all([
        count(kube, NODES),
        count(kube, NAMESPACES),
        count(kube, PODS),
        kube.json<{ gitVersion?: string }>({ method: 'GET', path: '/version' }).catch(() => undefined),
      ]);
      return json({ nodes, namespaces, pods, ...(version?.gitVersion && { version: version.gitVersion }) });
    })
    .get('/capabilities', async () => {
      const available = await servesSandboxes(kube);
      return json({ agentSandbox: available ? { available } : { available, reason: NO_SANDBOX } });
    });
}

/** One object and the number of the others, instead of all of them (API-W52). What cannot be counted counts 0, as in the original. */
async function count(kube: KubeClient, resource: Resource): Promise<number> {
  const page = await kube.page(resource, { limit: 1 }).catch(() => undefined);
  return page === undefined ? 0 : page.items.length + (page.metadata.remainingItemCount ?? 0);
}

async function servesSandboxes(kube: KubeClient): Promise<boolean> {
  const path = `/apis/${SANDBOX_GROUP}/v1alpha1`;
  const found = await kube.json<{ resources?: { name: string }[] }>({ method: 'GET', path }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  return found?.resources?.some(({ name }) => name === 'sandboxes') === true;
}
