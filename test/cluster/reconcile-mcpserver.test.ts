import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import { loadMcpServerConfig } from '../../functions/reconcile-mcpserver/config.ts';
import type { Deployment } from '../../functions/reconcile-mcpserver/observed.ts';
import { mcpServerReconciler } from '../../functions/reconcile-mcpserver/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  JOBS,
  NETWORK_POLICIES,
  PODS,
  type Resource,
  SERVICES,
} from '../../shared/kube/resources.ts';
import type { Job } from '../../shared/pods/job.ts';
import type { Pod } from '../../shared/pods/pod.ts';
import { type OwnPasses, ownPasses } from './own-passes.ts';

const NAMESPACE = `mcp-${randomUUID().slice(0, 8)}`;
const MANAGER = { fieldManager: 'cluster-test' };
const WORKLOAD = [DEPLOYMENTS, SERVICES, NETWORK_POLICIES];
let passes: OwnPasses;
let runs: OwnPasses;

beforeAll(async () => {
  const server = { config: loadMcpServerConfig({}), functionName: 'reconcile-mcpserver' };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key', namespace: NAMESPACE } };
  passes = await ownPasses({ reconciler: mcpServerReconciler, ...server }, NAMESPACE, [secret]);
  const run = { config: loadRunConfig({}), functionName: 'reconcile-agentrun' };
  runs = await ownPasses({ reconciler: agentRunReconciler, ...run }, NAMESPACE, []);
}, 60_000);

afterAll(() => Promise.all([passes.close(), runs.close()]));

const resources = { requests: { cpu: '0.1', memory: '1024Mi' } };
const HTTP = { transportType: 'http', url: null, deployment: { image: 'wiki:1', port: 9000, resources } };
const STDIO = {
  transportType: 'stdio',
  url: null,
  deployment: {
    image: 'wiki:1',
    cmd: 'node',
    port: null,
    args: ['a,b'],
    env: { A: '$1' },
    secretRefs: [{ name: 'key' }],
  },
};
const EXTERNAL = { transportType: 'http', url: 'https://mcp.example/x' };

const make = (resource: Resource, name: string, spec: object) =>
  passes.admin.create(
    resource,
    { apiVersion: API_VERSION, kind: resource.kind, metadata: { name, namespace: NAMESPACE }, spec } as KubeObject,
    MANAGER,
  );
const withoutNulls = (spec: object) => JSON.parse(JSON.stringify(spec), (_, value) => value ?? undefined) as object;
const create = (name: string, spec: object) => make(KINDS.MCPServer, name, { toolsPrefix: 'w', ...withoutNulls(spec) });
const change = (name: string, spec: object) =>
  passes.admin.mergePatch({ resource: KINDS.MCPServer, namespace: NAMESPACE, name }, { spec }, MANAGER);
const find = <T extends KubeObject>(resource: Resource, name: string) =>
  passes.admin.get<T>(resource, { namespace: NAMESPACE, name });
const read = (name: string) => find<McpServer>(KINDS.MCPServer, name);
const ready = async (name: string) => (await read(name))?.status?.conditions?.find(({ type }) => type === 'Ready');

/** Passes until one writes nothing. Servers with Secrets are looked at again for ever. */
async function quiet(name: string): Promise<void> {
  for (let before = -1; before !== passes.writes(); ) {
    before = passes.writes();
    await passes.pass(name);
  }
}

/** What a kubelet would report; the Deployment controller is real. */
async function roll(name: string): Promise<void> {
  const labelSelector = `app.kubernetes.io/name=mcpserver,app.kubernetes.io/instance=${name}`;
  const isRolledOut = async (): Promise<boolean> => {
    const { items } = await passes.admin.list<Pod>(PODS, { namespace: NAMESPACE, labelSelector });
    const newest = items.filter(({ spec }) => spec?.containers.length === 1 && !('initContainers' in spec));
    for (const { metadata } of newest) await startPod(metadata.name);
    const { metadata, status } = (await find<Deployment>(DEPLOYMENTS, name)) ?? {};
    return (
      status?.observedGeneration === metadata?.generation &&
      (status?.readyReplicas ?? 0) > 0 &&
      status?.updatedReplicas === status?.replicas
    );
  };
  await expect.poll(isRolledOut, { timeout: 10_000, interval: 50 }).toBe(true);
}

async function startPod(name: string): Promise<void> {
  const conditions = [{ type: 'Ready', status: 'True' }];
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: NAMESPACE, name },
    status: { phase: 'Running', conditions },
  };
  await passes.admin.applyStatus(PODS, object, MANAGER).catch(() => undefined);
}

const jobsOf = async (server: string) => {
  const labelSelector = `app.kubernetes.io/name=mcpserver-discovery,app.kubernetes.io/instance=${server}`;
  return (await passes.admin.list<Job>(JOBS, { namespace: NAMESPACE, labelSelector })).items;
};

describe('reconcile-mcpserver on a real API server, under its own role', () => {
  it('makes what serves a server, and then leaves it alone, however the API server writes it [CTL-WM6]', async () => {
    await create('whole', HTTP);
    await passes.settle('whole');
    for (const resource of WORKLOAD) expect(await find(resource, 'whole')).toBeDefined();
    expect(await ready('whole')).toMatchObject({ status: 'False', reason: 'NotReady' });
    const before = passes.writes();
    expect(await passes.pass('whole')).toEqual({ outcome: 'settled' });
    expect(passes.writes()).toBe(before);
  });

  it('ends in the same state when passes are killed anywhere in fifty lives', async () => {
    for (let life = 0; life < 50; life += 1) {
      const name = `cut-${life}`;
      await create(name, STDIO);
      await passes.pass(name, life % 5);
      await quiet(name);
      expect(await find(DEPLOYMENTS, name)).toMatchObject({
        spec: { template: { spec: { initContainers: [{ name: 'inject-adapter' }] } } },
      });
      await change(name, {
        ...HTTP,
        deployment: { ...HTTP.deployment, cmd: null, args: null, env: null, secretRefs: null },
      });
      await passes.pass(name, (life * 3) % 4);
      await quiet(name);
      const turned = await find<KubeObject & { spec: { template: { spec: object } } }>(DEPLOYMENTS, name);
      expect(JSON.stringify(turned?.spec.template.spec)).not.toMatch(/adapter|STDIO_|STDIO/);
      await roll(name);
      await passes.pass(name, life % 3);
      await quiet(name);
      expect(await jobsOf(name)).toHaveLength(1);
      expect(await ready(name)).toMatchObject({ status: 'True', reason: 'Ready' });
      await change(name, EXTERNAL);
      await passes.pass(name, (life * 5) % 6);
      await quiet(name);
      for (const resource of WORKLOAD) expect(await find(resource, name)).toBeUndefined();
      expect(await jobsOf(name)).toHaveLength(1);
      expect(await ready(name)).toMatchObject({ status: 'True', reason: 'External' });
    }
  }, 300_000);

  it('lets in the pods of a run that names the server, and of no other [CTL-WM5] [RUN-061]', async () => {
    await create('named', HTTP);
    await create('other', HTTP);
    for (const name of ['named', 'other']) {
      await passes.settle(name);
      await roll(name);
      await passes.settle(name);
    }
    await make(KINDS.SympoziumInstance, 'reader', {
      agents: { default: { model: 'm' } },
      mcpServers: [{ name: 'named', toolsPrefix: 'w' }],
    });
    await make(KINDS.AgentRun, 'reads', {
      instanceRef: 'reader',
      agentId: 'primary',
      sessionKey: '',
      task: 'Read.',
      model: { provider: 'scripted', model: 'm', authSecretRef: '' },
    });
    for (let pass = 0; pass < 4; pass += 1) await runs.pass('reads');
    const run = await find<AgentRun>(KINDS.AgentRun, 'reads');
    const job = await find<Job>(JOBS, run?.status?.jobName ?? 'none');
    const labels = job?.spec.template.metadata.labels ?? {};
    type Policy = KubeObject & {
      spec: { ingress: { from: { podSelector: { matchLabels: Record<string, string> } }[] }[] };
    };
    const letsIn = async (server: string): Promise<boolean> => {
      const policy = await find<Policy>(NETWORK_POLICIES, server);
      const wanted = policy?.spec.ingress[0]?.from[0]?.podSelector.matchLabels ?? { none: 'x' };
      return Object.entries(wanted).every(([key, value]) => labels[key] === value);
    };
    expect([await letsIn('named'), await letsIn('other')]).toEqual([true, false]);
    const config = await find<KubeObject & { data: Record<string, string> }>(CONFIG_MAPS, 'reads-mcp-servers');
    expect(config?.data['mcp-servers.yaml']).toContain(`http://named.${NAMESPACE}.svc:9000`);
  });
});
