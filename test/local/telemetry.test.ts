import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { manifest } from '../../functions/reconcile-agentrun/function.ts';
import { createApp } from '../../functions/reconcile-agentrun/handler.ts';
import { loadConfig } from '../../infra/pods/agent-runner/config.ts';
import { startTrace } from '../../infra/pods/agent-runner/telemetry.ts';
import { memoryLog } from '../../infra/pods/ipc/fixtures.ts';
import { createDeliver } from '../../infra/relay/delivery/deliver.ts';
import { createPost } from '../../infra/relay/delivery/post.ts';
import { Secret } from '../../shared/config/load.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { JOBS } from '../../shared/kube/resources.ts';
import type { Job } from '../../shared/pods/job.ts';
import { aCollector } from '../../shared/telemetry/fixtures.ts';
import { startTracing, type Tracing } from '../../shared/telemetry/otel.ts';
import { type ContractCluster, createNamespace, startContractCluster } from '../contract/api-cluster.ts';

const SECRET = 'the-key-of-relay-and-function';
const NAMESPACE = 'team';
let cluster: ContractCluster;

beforeAll(async () => {
  cluster = await startContractCluster(manifest);
  const { kube } = cluster;
  await createNamespace(kube, NAMESPACE);
  await kube.create(KINDS.SympoziumInstance, anObject('SympoziumInstance', 'inst', INSTANCE), OPTIONS);
});
afterAll(() => cluster?.close());

const OPTIONS = { fieldManager: 'test' };
const INSTANCE = { agents: { default: { model: 'small' } } };
const anObject = (kind: string, name: string, spec: object, annotations: Record<string, string> = {}): KubeObject =>
  ({ apiVersion: API_VERSION, kind, metadata: { name, namespace: NAMESPACE, annotations }, spec }) as KubeObject;

function aRun(name: string, annotations: Record<string, string> = {}): Promise<KubeObject> {
  const spec = {
    instanceRef: 'inst',
    agentId: 'primary',
    sessionKey: 's',
    task: 'Count.',
    model: { provider: 'llamacpp', model: 'small', baseURL: 'http://model.example', authSecretRef: '' },
  };
  return cluster.kube.create(KINDS.AgentRun, anObject('AgentRun', name, spec, annotations), OPTIONS);
}

/** A server on a real port, for the length of a test. */
async function serving(listener: Parameters<typeof createServer>[1] & object): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The bus behind the relay: it holds no message, and takes what is published unless it is away. */
async function aBus() {
  const state = { away: false, url: '' };
  state.url = await serving((request, response) => {
    request.resume();
    response.writeHead(request.method === 'GET' ? 404 : state.away ? 503 : 200).end('{}');
  });
  return state;
}

/** The relay's delivery and the function, as they are deployed, with telemetry to `endpoint`. */
async function aControlPlane(endpoint: string, more: Record<string, string> = {}, tracing?: Tracing) {
  const bus = await aBus();
  const app = createApp({
    connection: cluster.connection,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      RELAY_URL: bus.url,
      RELAY_TO_FUNCTION_SECRETS: SECRET,
      FUNCTION_TO_RELAY_SECRET: SECRET,
      ...more,
    },
  });
  const { post, close } = createPost(await serving(getRequestListener(app.fetch)));
  onTestFinished(close);
  const deliver = createDeliver({
    post,
    secret: new Secret(SECRET),
    source: '/relay/0',
    now: () => new Date(),
    tracing,
  });
  const pass = (name: string) =>
    deliver({
      functionName: manifest.name,
      timeoutSeconds: 20,
      content: { type: 'ai.sympozium.reconcile', subject: `agentruns/${NAMESPACE}/${name}`, data: { attempt: 0 } },
    });
  return { bus, pass };
}

/** What the Job's agent is told. */
async function agentEnv(name: string): Promise<Record<string, string>> {
  const job = await cluster.kube.get<Job>(JOBS, { namespace: NAMESPACE, name });
  const agent = job?.spec.template.spec.containers.find((one) => one.name === 'agent');
  return Object.fromEntries((agent?.env ?? []).map(({ name: key, value = '' }) => [key, value]));
}

const settledOr = expect.objectContaining({ kind: 'replied' });

describe('the trace of a run', () => {
  it('leads from the relay through the function into the pod, and back to the next pass [RUN-W38]', async () => {
    const collector = await aCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const tracing = await startTracing('sympozium-relay', env);
    const { pass } = await aControlPlane(collector.url, {}, tracing);
    await aRun('traced');
    expect(await pass('traced')).toEqual(settledOr);

    const told = { ...(await agentEnv('traced')), ...env, SYMPOZIUM_OTEL_ENABLED: 'true' };
    const agent = startTrace(loadConfig(told), told, memoryLog());
    agent.end('success');
    await agent.flush();
    expect(await pass('traced')).toEqual(settledOr);
    await tracing?.stop();

    const called = (await spansNamed(collector, 'relay reconcile-agentrun', 2))[0];
    const [first, second] = await spansNamed(collector, 'agentrun.reconcile', 2);
    const [made] = await spansNamed(collector, 'agentrun.create_job', 1);
    const [worked] = await spansNamed(collector, 'sympozium.agent.run', 1);
    expect(called?.service).toBe('sympozium-relay');
    expect(first).toMatchObject({ service: 'sympozium-controller', parentSpanId: called?.spanId });
    for (const below of [made, worked, second]) expect(below?.parentSpanId).toBe(first?.spanId);
    expect(new Set([called, first, made, worked, second].map((span) => span?.traceId)).size).toBe(1);
    expect(first?.attributes).toMatchObject({
      'agentrun.name': 'traced',
      namespace: NAMESPACE,
      'instance.name': 'inst',
      'reconcile.duration_ms': expect.stringMatching(/^\d+$/),
    });
  });

  it('is that of its creator when it has one [RUN-W38]', async () => {
    const collector = await aCollector();
    const { pass } = await aControlPlane(collector.url);
    const [trace, span] = ['a'.repeat(32), 'b'.repeat(16)];
    await aRun('created', { 'otel.dev/traceparent': `00-${trace}-${span}-01` });
    await pass('created');
    expect((await agentEnv('created'))['TRACEPARENT']).toBe(`00-${trace}-${span}-01`);
    const [reconciled] = await spansNamed(collector, 'agentrun.reconcile', 1);
    expect(reconciled).toMatchObject({ traceId: trace, parentSpanId: span });
  });
});

describe('a run that fails', () => {
  it('counts once when the bus was away at its end, and its last pass is repeated [RUN-W37]', async () => {
    const collector = await aCollector();
    const { pass, bus } = await aControlPlane(collector.url, { AWS_LAMBDA_FUNCTION_NAME: manifest.name });
    await aRun('refused');
    await occupyJobOf('refused');
    bus.away = true;
    // The Job meets the other; that is stored as the outcome; then twice it cannot be told.
    for (const outcome of ['retry', 'requeueAfter', 'retry', 'retry']) {
      expect(await pass('refused')).toMatchObject({ reply: { outcome } });
    }
    expect(collector.counted('sympozium.agent.runs')).toEqual({});
    bus.away = false;
    for (let repeat = 0; repeat < 3; repeat += 1) {
      expect(await pass('refused')).toMatchObject({ reply: { outcome: 'settled' } });
    }
    // On Lambda a pass has sent what it has when it answers.
    expect(collector.counted('sympozium.agent.runs')).toEqual({ 'failed inst': 1 });
    expect(collector.counted('sympozium.errors')).toEqual({ 'agent_run_failed inst': 1 });
  });
});

describe('a pass', () => {
  it.each([
    ['lives on', {}],
    ['is frozen after the answer', { AWS_LAMBDA_FUNCTION_NAME: manifest.name }],
  ])('ends as without telemetry when the collector hangs and the process %s', async (where, more) => {
    const collector = await aCollector(() => {});
    const { pass } = await aControlPlane(collector.url, more);
    const name = `hung-${where.split(' ')[0]}`;
    await aRun(name);
    expect(await pass(name)).toEqual(settledOr);
    const startedAt = performance.now();
    for (let repeat = 0; repeat < 10; repeat += 1) expect(await pass(name)).toEqual(settledOr);
    // Ten passes that each waited for the collector would take longer.
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(await cluster.kube.get(JOBS, { namespace: NAMESPACE, name })).toBeDefined();
  });
});

async function spansNamed(collector: Awaited<ReturnType<typeof aCollector>>, name: string, count: number) {
  const found = () => collector.spans.filter((span) => span.name === name);
  await expect.poll(() => found().length, { timeout: 10_000 }).toBe(count);
  return found();
}

/** A Job of that name which is not the run's, so that the run fails at once. */
async function occupyJobOf(name: string): Promise<void> {
  const template = {
    metadata: {},
    spec: { restartPolicy: 'Never', containers: [{ name: 'other', image: 'registry.example/other:1' }] },
  };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: NAMESPACE },
    spec: { template },
  };
  await cluster.kube.create(JOBS, job as KubeObject, OPTIONS);
}
