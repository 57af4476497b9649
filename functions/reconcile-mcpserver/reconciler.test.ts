import { beforeEach, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { type McpServer, McpServerSpecSchema } from '../../crds/mcpserver.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import {
  DEPLOYMENTS,
  JOBS,
  NETWORK_POLICIES,
  PODS,
  type Resource,
  SECRETS,
  SERVICES,
} from '../../shared/kube/resources.ts';
import type { Job } from '../../shared/pods/job.ts';
import { TOOLS_LISTED, type ToolReport } from '../../shared/pods/tool-report.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import { loadMcpServerConfig } from './config.ts';
import type { Deployment } from './observed.ts';
import { mcpServerReconciler } from './reconciler.ts';

const KEY = { namespace: 'team', name: 'wiki' };
const config = loadMcpServerConfig({});
let world: World;

beforeEach(() => {
  world = createWorld();
});

const STDIO = { transportType: 'stdio', deployment: { image: 'wiki:1', cmd: 'node' } };
const HTTP = { transportType: 'http', deployment: { image: 'wiki:1', port: 9000 } };
const EXTERNAL = { transportType: 'http', url: 'https://mcp.example/x' };

const parsed = (spec: object) => McpServerSpecSchema.parse({ toolsPrefix: 'w', ...spec });

function create(spec: object, metadata: Partial<KubeObject['metadata']> = {}): void {
  const object = { apiVersion: API_VERSION, kind: 'MCPServer', metadata: { ...KEY, ...metadata } };
  world.store.create(KINDS.MCPServer, { ...object, spec: parsed(spec) } as KubeObject);
}
const read = (at = KEY) => world.store.get(KINDS.MCPServer, at.namespace, at.name) as McpServer;
const change = (spec: object) =>
  world.store.update(KINDS.MCPServer, read(), { ...read(), spec: parsed(spec) } as KubeObject);
const pass = (at = KEY) =>
  reconcile(
    mcpServerReconciler,
    at,
    { ...world, config, now: world.clock.now, report: () => {} },
    new AbortController().signal,
  );
const condition = (type: string) => read().status?.conditions?.find((one) => one.type === type);
const find = (resource: Resource, name = KEY.name, namespace = KEY.namespace) =>
  world.store.get(resource, namespace, name);
const deployment = () => find(DEPLOYMENTS) as (KubeObject & { spec: DeploymentSpec }) | undefined;
/** Writes, but for the Events that tell of them. */
const changes = () => world.interrupt.writes().filter((write) => !write.startsWith('create Event'));
const jobs = () => world.store.all(JOBS).map(({ object }) => object as Job);

interface DeploymentSpec {
  replicas: number;
  template: {
    metadata: { annotations?: Record<string, string> };
    spec: { initContainers?: object[]; containers: (object & { name: string })[]; volumes?: object[] };
  };
}

function update(resource: Resource, object: KubeObject | undefined, change: object): void {
  if (object === undefined) throw new Error('There is nothing to update');
  world.store.update(resource, object, { ...object, ...change } as KubeObject);
}

function roll(readyReplicas = 1): void {
  const current = deployment();
  const { generation = 1 } = current?.metadata ?? {};
  update(DEPLOYMENTS, current, {
    status: { observedGeneration: generation, replicas: 1, updatedReplicas: 1, readyReplicas },
  });
}

/** The Job that asks comes to its end; no report: it was cut off. */
function answer(report?: Partial<ToolReport>): void {
  const [job] = jobs();
  if (job === undefined) throw new Error('Nobody asks');
  const { name, uid = '' } = job.metadata;
  const pod = `${name}-${uid.slice(-6)}`;
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true };
  if (find(PODS, pod) === undefined) {
    world.store.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: KEY.namespace, name: pod, ownerReferences: [owner], labels: job.metadata.labels ?? {} },
    });
  }
  const line = JSON.stringify({ message: TOOLS_LISTED, tools: [], failures: [], ...report });
  world.logs.set(`${pod}/mcp-discover`, () => (report === undefined ? 'Killed' : `{"message":"Connected"}\n${line}\n`));
  const type = report === undefined ? 'Failed' : 'Complete';
  update(JOBS, job, { status: { conditions: [{ type, status: 'True', message: 'as told' }] } });
}

describe('an external MCPServer', () => {
  it('is ready at its address, with nothing deployed, and its tools are asked for once [CTL-127]', async () => {
    create(EXTERNAL);
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status).toMatchObject({ ready: true, url: EXTERNAL.url });
    expect(condition('Ready')).toMatchObject({ status: 'True', reason: 'External' });
    expect(condition('ToolsDiscovered')).toMatchObject({ status: 'Unknown', reason: 'Pending' });
    expect(world.store.all(DEPLOYMENTS)).toEqual([]);
    expect(jobs()).toHaveLength(1);
    answer({ tools: ['w_find', 'w_read'] });
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status).toMatchObject({ ready: true, toolCount: 2, tools: ['w_find', 'w_read'] });
    expect(condition('ToolsDiscovered')).toMatchObject({ status: 'True', reason: 'Discovered' });
    expect(jobs()).toEqual([]);
    const writes = world.interrupt.writes().length;
    await pass();
    expect(world.interrupt.writes()).toHaveLength(writes);
  });

  it('is not ready while nothing answers there, says so, and is asked again [CTL-WM6]', async () => {
    create(EXTERNAL);
    await pass();
    answer({ failures: [{ server: 'wiki', error: 'MCP server "wiki" not connected: connect ECONNREFUSED' }] });
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 300 });
    expect(read().status?.ready).toBe(false);
    expect(condition('Ready')).toMatchObject({ status: 'False', reason: 'Unreachable' });
    expect(condition('Ready')?.message).toContain('ECONNREFUSED');
    const [first] = jobs();
    world.clock.advance(300);
    await pass();
    expect(jobs()).toHaveLength(1);
    expect(jobs()[0]?.metadata.uid).not.toBe(first?.metadata.uid);
    answer({ tools: ['w_find'] });
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(condition('Ready')).toMatchObject({ status: 'True', reason: 'External' });
  });

  it('that wants a token is ready, and is not asked again: only runs have one', async () => {
    create(EXTERNAL);
    await pass();
    answer({ failures: [{ server: 'wiki', error: 'no', status: 401 }] });
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(condition('Ready')).toMatchObject({ status: 'True', reason: 'External' });
    expect(condition('ToolsDiscovered')).toMatchObject({ status: 'False', reason: 'CredentialsNeeded' });
    expect(jobs()).toEqual([]);
  });

  it('stays ready when the Job that asks does not come to its end', async () => {
    create(EXTERNAL);
    await pass();
    answer();
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 300 });
    expect(condition('Ready')?.status).toBe('True');
    expect(condition('ToolsDiscovered')).toMatchObject({ status: 'False', reason: 'DiscoveryFailed' });
  });

  it('is asked again when what is asked changes, and the old Job goes', async () => {
    create(EXTERNAL);
    await pass();
    const [first] = jobs();
    change({ ...EXTERNAL, toolsAllow: ['find'] });
    await pass();
    expect(jobs()).toHaveLength(1);
    expect(jobs()[0]?.metadata.name).not.toBe(first?.metadata.name);
  });
});

describe('a deployed MCPServer', () => {
  it('over stdio runs behind the adapter, with what it is given [CTL-128]', async () => {
    const args = ['--list', 'a,b'];
    create({ ...STDIO, deployment: { ...STDIO.deployment, args, env: { B: '2', A: '$x' } } });
    await pass();
    const { spec } = deployment()?.spec.template ?? { spec: undefined };
    expect(spec?.initContainers).toMatchObject([
      {
        name: 'inject-adapter',
        image: 'ghcr.io/sympozium-ai/sympozium/mcp-bridge:latest',
        args: ['--install', '/adapter'],
      },
    ]);
    expect(spec?.containers).toMatchObject([
      {
        name: 'mcp-server',
        command: ['/adapter/mcp-bridge', '--stdio-adapter'],
        env: [
          { name: 'MCP_STDIO_ADAPTER', value: 'true' },
          { name: 'STDIO_CMD', value: 'node' },
          { name: 'STDIO_ARGS_JSON', value: '["--list","a,b"]' },
          { name: 'STDIO_SERVER_NAME', value: 'wiki' },
          { name: 'STDIO_PORT', value: '8080' },
          { name: 'LD_LIBRARY_PATH', value: '/adapter/lib' },
          { name: 'STDIO_ENV_A', value: '$$x' },
          { name: 'STDIO_ENV_B', value: '2' },
        ],
        livenessProbe: { httpGet: { path: '/healthz', port: 8080 } },
        readinessProbe: { httpGet: { path: '/readyz', port: 8080 } },
      },
    ]);
    expect(find(SERVICES)).toMatchObject({ spec: { ports: [{ name: 'http', port: 8080 }] } });
    expect(read().status?.url).toBe('http://wiki.team.svc:8080');
  });

  it('over http listens where it says [CTL-129]', async () => {
    create(HTTP);
    await pass();
    expect(deployment()?.spec.template.spec.containers).toMatchObject([
      { ports: [{ containerPort: 9000 }], readinessProbe: { tcpSocket: { port: 9000 } } },
    ]);
    expect(find(SERVICES)).toMatchObject({ spec: { ports: [{ port: 9000, targetPort: 9000 }] } });
  });

  it("is reached only by pods of runs that name it, from other namespaces only in the system's [CTL-WM5]", async () => {
    create(HTTP);
    await pass();
    const podSelector = { matchLabels: { 'mcp.sympozium.ai/team.wiki': 'true' } };
    expect(find(NETWORK_POLICIES)).toMatchObject({
      spec: {
        podSelector: { matchLabels: { 'app.kubernetes.io/instance': 'wiki' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector }], ports: [{ port: 9000 }] }],
      },
    });
    expect(JSON.stringify(find(NETWORK_POLICIES))).not.toContain('namespaceSelector');
    const shared = { namespace: 'sympozium-system', name: 'wiki' };
    create(HTTP, shared);
    await pass(shared);
    const from = [
      { namespaceSelector: {}, podSelector: { matchLabels: { 'mcp.sympozium.ai/sympozium-system.wiki': 'true' } } },
    ];
    expect(find(NETWORK_POLICIES, 'wiki', 'sympozium-system')).toMatchObject({ spec: { ingress: [{ from }] } });
    expect(world.interrupt.writes().filter((write) => write.startsWith('apply'))).toEqual([
      ...['NetworkPolicy', 'Deployment', 'Service', 'NetworkPolicy', 'Deployment', 'Service'].map(
        (kind) => `apply ${kind} wiki`,
      ),
    ]);
  });

  it('is not ready while no replica is, says what keeps it, and waits for events [CTL-130] [CTL-WM6]', async () => {
    create(HTTP);
    await pass();
    world.store.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'team', name: 'wiki-x', labels: deployment()?.metadata.labels ?? {} },
      status: {
        containerStatuses: [
          { name: 'mcp-server', state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } },
        ],
      },
    } as KubeObject);
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status?.ready).toBe(false);
    expect(condition('Ready')).toMatchObject({
      status: 'False',
      reason: 'NotReady',
      message: 'Waiting for deployment to become ready: container "mcp-server": ErrImagePull: no such image',
    });
    expect(jobs()).toEqual([]);
    roll();
    await pass();
    expect(condition('Ready')).toMatchObject({ status: 'True', reason: 'Ready' });
  });

  it('is asked for its tools once its pods are those of its spec, again after a change, and never without one [CTL-WM6]', async () => {
    create(HTTP);
    await pass();
    roll();
    await pass();
    answer({ tools: ['w_find'] });
    await pass();
    expect(read().status).toMatchObject({ toolCount: 1, tools: ['w_find'] });
    roll(0);
    await pass();
    roll();
    await pass();
    expect(jobs()).toEqual([]);
    change({ ...HTTP, deployment: { ...HTTP.deployment, image: 'wiki:2' } });
    await pass();
    expect(jobs()).toEqual([]);
    roll();
    await pass();
    expect(jobs()).toHaveLength(1);
  });

  it('needs its Secrets, never reads them, and starts anew when one changes [CTL-WM6]', async () => {
    create({ ...STDIO, deployment: { ...STDIO.deployment, secretRefs: [{ name: 'token' }] } });
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 60 });
    expect(condition('Ready')).toMatchObject({ reason: 'SecretNotFound' });
    expect(deployment()).toBeUndefined();
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'team', name: 'token' } };
    world.store.create(SECRETS, secret);
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 60 });
    const version = () => deployment()?.spec.template.metadata.annotations?.['sympozium.ai/secrets'];
    const before = version();
    expect(deployment()?.spec.template.spec.containers).toMatchObject([
      { envFrom: [{ prefix: 'STDIO_ENV_', secretRef: { name: 'token' } }] },
    ]);
    update(SECRETS, find(SECRETS, 'token'), { data: { TOKEN: 'bmV3' } });
    await pass();
    expect(version()).not.toBe(before);
  });

  it('keeps nothing of the adapter when it turns to http, and no workload when it turns to a url [CTL-WM6]', async () => {
    create(STDIO);
    await pass();
    change(HTTP);
    await pass();
    const pod = deployment()?.spec.template.spec;
    expect(pod?.initContainers ?? []).toEqual([]);
    expect(pod?.volumes ?? []).toEqual([]);
    expect(JSON.stringify(pod)).not.toContain('STDIO_');
    change(EXTERNAL);
    await pass();
    for (const resource of [DEPLOYMENTS, SERVICES, NETWORK_POLICIES]) expect(find(resource)).toBeUndefined();
    expect(condition('Deployed')).toBeUndefined();
  });

  it('is applied again when somebody changes it, and left alone when the API server only writes it otherwise [CTL-WM6]', async () => {
    const resources = { limits: { cpu: '0.2', memory: '1024Mi' } };
    create({ ...HTTP, deployment: { ...HTTP.deployment, resources } });
    await pass();
    const text = JSON.stringify(deployment()).replace('"0.2"', '"200m"').replace('"1024Mi"', '"1Gi"');
    update(DEPLOYMENTS, deployment(), JSON.parse(text) as Deployment);
    const writes = world.interrupt.writes().length;
    await pass();
    expect(world.interrupt.writes()).toHaveLength(writes);
    update(DEPLOYMENTS, deployment(), { spec: { ...deployment()?.spec, replicas: 7 } });
    await pass();
    expect(deployment()?.spec.replicas).toBe(1);
  });

  it.each([DEPLOYMENTS, SERVICES, NETWORK_POLICIES])('takes over no $kind of something else', async (resource) => {
    const theirs = world.store.create(resource, { apiVersion: 'v1', kind: resource.kind, metadata: { ...KEY } });
    create(HTTP);
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 60 });
    expect(find(resource)).toEqual(theirs);
    expect(condition('Ready')).toMatchObject({ status: 'False', reason: 'NameTaken' });
    expect(condition('Ready')?.message).toContain(`${resource.kind} "wiki"`);
    expect(changes()).toEqual(['status MCPServer wiki']);
  });
});

describe('an MCPServer that cannot be', () => {
  it.each([
    [{ transportType: 'http' }, '`url` or `deployment` must be set'],
    [{ transportType: 'http', url: 'mcp.example' }, '`url` must be an absolute http or https URL'],
    [{ transportType: 'http', url: 'https://me:secret@mcp.example' }, '`url` must be an absolute http or https URL'],
    [{ transportType: 'stdio', deployment: { image: 'x' } }, '`deployment.cmd` must be set'],
  ])('says why, and makes nothing: %j', async (spec, says) => {
    create(spec);
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(condition('Ready')).toMatchObject({ status: 'False', reason: 'InvalidSpec' });
    expect(condition('Ready')?.message).toContain(says);
    expect(JSON.stringify(read().status)).not.toContain('secret');
    expect(changes()).toEqual(['status MCPServer wiki']);
  });

  it('has no name that a Service can have', async () => {
    const at = { namespace: 'team', name: '9wiki.v1' };
    create(HTTP, at);
    await pass(at);
    expect(read(at).status?.conditions?.[0]?.message).toContain('`metadata.name` must be that of a Service');
    expect(world.store.all(DEPLOYMENTS)).toEqual([]);
  });
});
