import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS, SYSTEM_NAMESPACE } from '../../crds/group.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import { createApplier, established } from '../../infra/local/content/apply.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import {
  CLUSTER_ROLES,
  DEPLOYMENTS,
  HTTP_ROUTES,
  type Resource,
  SECRETS,
  SERVICES,
} from '../../shared/kube/resources.ts';
import { HTTP_ROUTE_API } from './foreign-apis.ts';
import { type OwnPasses, ownPasses } from './own-passes.ts';

const NAMESPACE = `servers-${randomUUID().slice(0, 8)}`;
const MANAGER = { fieldManager: 'cluster-test' };
const RULES = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
let passes: OwnPasses;

const ours = (kind: string, name: string, spec: object, namespace = NAMESPACE) => ({
  apiVersion: API_VERSION,
  kind,
  metadata: { name, namespace },
  spec,
});

beforeAll(async () => {
  const what = { reconciler: agentRunReconciler, config: loadRunConfig({}), functionName: 'reconcile-agentrun' };
  const sidecar = { image: 'proxy:1', requiresServer: true, rbac: RULES, clusterRBAC: RULES };
  passes = await ownPasses(what, NAMESPACE, [
    ours('SympoziumInstance', 'inst', { agents: { default: { model: 'm' } } }),
    ours('SkillPack', 'web', { skills: [], sidecar }),
    ours('SympoziumConfig', 'default', { gateway: { enabled: true, baseDomain: 'agents.example' } }, SYSTEM_NAMESPACE),
  ]);
}, 60_000);

afterAll(async () => {
  await passes.admin.remove({ resource: KINDS.SympoziumConfig, namespace: SYSTEM_NAMESPACE, name: 'default' });
  await passes.close();
});

const create = (name: string) => {
  const model = { provider: 'scripted', model: 'm', authSecretRef: '' };
  const spec = { instanceRef: 'inst', agentId: '', sessionKey: '', task: 'Serve.', mode: 'server', model };
  const run = ours('AgentRun', name, { ...spec, skills: [{ skillPackRef: 'web' }] });
  return passes.admin.create(KINDS.AgentRun, run as KubeObject, MANAGER);
};
const get = <T extends KubeObject>(resource: Resource, name: string) =>
  passes.admin.get<T>(resource, { namespace: NAMESPACE, name });
const statusOf = async (name: string) => (await get<AgentRun>(KINDS.AgentRun, name))?.status;

/** A server is looked at again and again, so its passes never settle: they only stop writing. */
async function quiet(name: string): Promise<void> {
  for (let pass = 0, before = -1; before !== passes.writes(); pass += 1) {
    if (pass > 10) throw new Error(`${name} is written in every pass`);
    before = passes.writes();
    await passes.pass(name);
  }
}

describe('a run in server mode on a real API server, under its own role', () => {
  it('is made whole by passes that are cut after every write, and then left alone', async () => {
    await create('cut');
    for (let steps = 1; (await statusOf('cut'))?.phase !== 'Serving'; steps += 1) {
      expect(steps).toBeLessThan(20);
      await passes.pass('cut', steps).catch(() => undefined);
    }
    await quiet('cut');
    const before = passes.writes();
    await passes.pass('cut');
    expect(passes.writes()).toBe(before);
    expect(await get(DEPLOYMENTS, 'cut-server')).toBeDefined();
    expect(await get(SECRETS, 'inst-web-proxy-key')).toBeDefined();
  });

  it('has its Service put right, and a route once the Gateway API and the gateway are there', async () => {
    await create('routed');
    await quiet('routed');
    await passes.admin.remove({ resource: SERVICES, namespace: NAMESPACE, name: 'routed-server' });
    const apply = createApplier(passes.admin, 'cluster-test');
    await apply(HTTP_ROUTE_API);
    await established(passes.admin, HTTP_ROUTE_API);
    const gateway = ours('SympoziumConfig', 'default', {}, SYSTEM_NAMESPACE);
    const { spec: _, ...config } = gateway;
    const status = { phase: 'Ready', gateway: { ready: true } };
    await passes.admin.applyStatus(KINDS.SympoziumConfig, { ...config, status } as KubeObject, MANAGER);
    await quiet('routed');
    expect(await get(SERVICES, 'routed-server')).toBeDefined();
    expect(await get(HTTP_ROUTES, 'routed-web')).toMatchObject({ spec: { hostnames: ['inst.agents.example'] } });
  });

  it('takes down what it made when it is cancelled', async () => {
    await create('ended');
    await quiet('ended');
    const at = { resource: KINDS.AgentRun, namespace: NAMESPACE, name: 'ended' };
    await passes.admin.mergePatch(at, { spec: { cancel: true } }, MANAGER);
    await quiet('ended');
    expect(await statusOf('ended')).toMatchObject({ phase: 'Failed', error: 'cancelled' });
    await expect.poll(() => get(DEPLOYMENTS, 'ended-server'), { timeout: 20_000 }).toBeUndefined();
    expect(await get(SERVICES, 'ended-server')).toBeUndefined();
    const roles = await passes.admin.list(CLUSTER_ROLES, { labelSelector: 'sympozium.ai/agent-run=ended' });
    expect(roles.items).toEqual([]);
  });
});
