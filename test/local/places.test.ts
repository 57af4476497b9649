import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS } from '../../crds/group.ts';
import { bundle, ROOT } from '../../infra/bundle/bundle.ts';
import { loadManifests } from '../../infra/generate/manifests.ts';
import { tickRequest } from '../../infra/host/schedule.ts';
import { type Cluster, startCluster } from '../../infra/local/cluster/cluster.ts';
import { createApplier, established, platformObjects } from '../../infra/local/content/apply.ts';
import { freePort } from '../../infra/local/free-port.ts';
import { sign } from '../../shared/delivery/signature.ts';
import { createKubeClient } from '../../shared/kube/client.ts';

const SECRET = 'the-key-of-relay-and-function';
const TOKEN = 'the-token-of-a-person';
let folder: string;
let cluster: Cluster;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'places-'));
  await bundle('dist');
  cluster = await startCluster({
    dataDir: join(folder, 'cluster'),
    images: { resolve: () => undefined, names: () => [] },
  });
  const kube = createKubeClient(cluster.connection);
  const { crds, identities } = await platformObjects();
  const apply = createApplier(kube, 'test');
  await apply(crds);
  await established(kube, crds);
  await apply(identities);
  kube.close();
  env = {
    ...process.env,
    KUBECONFIG: cluster.kubeconfig,
    RELAY_URL: 'http://127.0.0.1:9',
    RELAY_TO_FUNCTION_SECRETS: SECRET,
    FUNCTION_TO_RELAY_SECRET: SECRET,
    SYMPOZIUM_UI_TOKEN: TOKEN,
  };
}, 120_000);

afterAll(async () => {
  await cluster?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Probe {
  name: string;
  request: () => Request;
  status: number;
  body: unknown;
}

/** One request for each function, and the answer that shows that it ran: to the end, against the cluster. */
const REQUESTS: Probe[] = (await loadManifests()).map(({ name }) => probeOf(name));

function probeOf(name: string): Probe {
  const reconciled = Object.values(KINDS).find(({ kind }) => name === `reconcile-${kind.toLowerCase()}`);
  if (reconciled !== undefined) {
    const request = () => reconcileRequest(name, reconciled.plural);
    return { name, request, status: 200, body: { outcome: 'settled' } };
  }
  if (name.startsWith('route-')) {
    // Of a run that is gone, which takes a look at the cluster, a message is dropped or parked.
    const body = expect.objectContaining({ outcome: expect.stringMatching(/^(settled|terminal)$/) });
    return { name, request: () => messageRequest(name), status: 200, body };
  }
  if (name.startsWith('sweep-')) {
    return { name, request: () => tickRequest(name, SECRET, new Date()), status: 200, body: expect.anything() };
  }
  if (name === 'admit') {
    const status = expect.objectContaining({ message: expect.stringContaining('failed to find SympoziumInstance') });
    const body = expect.objectContaining({ response: expect.objectContaining({ uid: 'u', status }) });
    return { name, request: admissionRequest, status: 200, body };
  }
  if (name === 'api') return { name, request: listRequest, status: 200, body: [] };
  throw new Error(`No request is known that shows that ${name} ran`);
}

function listRequest(): Request {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return new Request('http://place/api/v1/runs?namespace=default', { headers });
}

/** A run of an instance that is absent, which takes a look at the cluster. */
function admissionRequest(): Request {
  const object = {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'AgentRun',
    metadata: { name: 'r' },
    spec: {
      instanceRef: 'absent',
      agentId: 'a',
      sessionKey: 's',
      task: 't',
      model: { provider: 'p', model: 'm', authSecretRef: '' },
    },
  };
  const review = { request: { uid: 'u', operation: 'CREATE', namespace: 'default', object } };
  return envelopeRequest('admit', {
    type: 'ai.sympozium.admission',
    subject: '/validate-agent-pods',
    data: { review },
  });
}

const reconcileRequest = (name: string, plural: string): Request =>
  envelopeRequest(name, {
    type: 'ai.sympozium.reconcile',
    subject: `${plural}/default/absent`,
    data: { attempt: 0 },
  });

const messageRequest = (name: string): Request =>
  envelopeRequest(name, {
    type: 'ai.sympozium.message',
    subject: 'sympozium.run.default.absent.uid.event',
    data: { message: { topic: 'event', timestamp: '', metadata: {}, data: {} }, sequence: 1, deliveries: 1 },
  });

function envelopeRequest(name: string, content: object): Request {
  const id = randomUUID();
  const body = JSON.stringify({
    specversion: '1.0',
    id,
    source: '/test',
    time: new Date().toISOString(),
    ...content,
  });
  const headers = { 'content-type': 'application/json', ...sign(SECRET, id, body, new Date()) };
  return new Request(`http://place/functions/${name}`, { method: 'POST', body, headers });
}

describe('as a bundle on Lambda', () => {
  it.each(REQUESTS)('$name answers an API Gateway event', async ({ name, request, status, body }) => {
    const { handler } = (await import(pathToFileURL(join(ROOT, `dist/functions/${name}/handler.js`)).href)) as {
      handler: LambdaHandler;
    };
    Object.assign(process.env, env);
    const answer = await handler(await gatewayEvent(request()), {});
    expect(answer.statusCode).toBe(status);
    expect(JSON.parse(answer.body)).toEqual(body);
  });
});

describe('in the host', () => {
  let host: ChildProcess;
  let url: string;
  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    host = spawn(process.execPath, [join(ROOT, 'dist/host/main.js')], {
      cwd: ROOT,
      env: { ...env, HOST_PORT: String(port), FUNCTION_IDENTITIES_NAMESPACE: 'sympozium-system' },
      stdio: 'ignore',
    });
    await serving(`${url}/livez`);
  }, 60_000);
  afterAll(() => host?.kill());

  it.each(REQUESTS)('$name answers, under its own identity', async ({ request, status, body }) => {
    await expectAnswer(url, request(), status, body);
  });
});

describe('under serverless offline', () => {
  let offline: ChildProcess;
  let url: string;
  beforeAll(async () => {
    const [http, lambda] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${http}`;
    const args = [
      '--no-install',
      'serverless',
      'offline',
      '--host',
      '127.0.0.1',
      '--httpPort',
      String(http),
      '--lambdaPort',
      String(lambda),
    ];
    offline = spawn('npx', args, { cwd: ROOT, env, stdio: 'ignore', detached: true });
    await serving(`${url}/healthz`);
  }, 60_000);
  afterAll(() => {
    if (offline?.pid !== undefined) process.kill(-offline.pid, 'SIGKILL');
  });

  it.each(REQUESTS)('$name answers', async ({ request, status, body }) => {
    await expectAnswer(url, request(), status, body);
  });
});

type LambdaHandler = (event: unknown, context: unknown) => Promise<{ statusCode: number; body: string }>;

/** The payload format 2.0 of an HTTP API. */
async function gatewayEvent(request: Request): Promise<object> {
  const { pathname, search } = new URL(request.url);
  const text = await request.text();
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: Object.fromEntries(request.headers),
    requestContext: {
      domainName: 'place',
      http: { method: request.method, path: pathname, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
    },
    isBase64Encoded: false,
    ...(text !== '' && { body: text }),
  };
}

async function expectAnswer(url: string, request: Request, status: number, body: unknown): Promise<void> {
  const { pathname, search } = new URL(request.url);
  const text = await request.text();
  const { method, headers } = request;
  const response = await fetch(`${url}${pathname}${search}`, { method, headers, ...(text !== '' && { body: text }) });
  expect(await response.json()).toEqual(body);
  expect(response.status).toBe(status);
}

async function serving(url: string): Promise<void> {
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${url} did not answer within a minute`);
}
