import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { FINALIZERS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { manifest } from '../../functions/api/function.ts';
import { createApp } from '../../functions/api/handler.ts';
import { verdictOf } from '../../functions/reconcile-agentrun/hooks/gate.ts';
import { createKubeClient } from '../../shared/kube/client.ts';
import { CONFIG_MAPS, SECRETS } from '../../shared/kube/resources.ts';
import { type ContractCluster, createNamespace, startContractCluster } from './api-cluster.ts';

const NAMESPACE = 'weak';
let cluster: ContractCluster;
let app: Hono;

beforeAll(async () => {
  cluster = await startContractCluster(manifest);
  app = createApp({ env: { SYMPOZIUM_UI_TOKEN: 'secret-token' }, connection: cluster.connection });
  await createNamespace(cluster.kube, NAMESPACE);
  await call('POST', 'instances', { name: 'bot', provider: 'scripted', model: 'scripted' });
});
afterAll(() => cluster?.close());

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await app.request(
    `http://api/api/v1/${path}${path.includes('?') ? '&' : '?'}namespace=${NAMESPACE}`,
    {
      method,
      headers: { authorization: 'Bearer secret-token', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    },
  );
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

const runNames = async () =>
  (await cluster.kube.list<AgentRun>(KINDS.AgentRun, { namespace: NAMESPACE })).items.map(
    ({ metadata }) => metadata.name,
  );

describe('starting', () => {
  it.each([{}, { SYMPOZIUM_UI_TOKEN: '' }, { SYMPOZIUM_UI_TOKEN: '  ' }])(
    'is refused when no token is configured: %j [API-W02] [API-W03]',
    (env) => {
      expect(() => createApp({ env, connection: cluster.connection })).toThrow(/SYMPOZIUM_UI_TOKEN/);
    },
  );

  it('has an identity that may not do what the manifest does not list [API-W05]', async () => {
    const own = createKubeClient(cluster.connection);

    await expect(own.list(CONFIG_MAPS, { namespace: NAMESPACE })).rejects.toMatchObject({ code: 403 });
    await expect(own.list(SECRETS, { namespace: NAMESPACE })).rejects.toMatchObject({ code: 403 });
    own.close();
  });
});

describe('the token', () => {
  it('does not count in the query of a route that can take a header [API-W01]', async () => {
    const response = await app.request('http://api/api/v1/runs?token=secret-token');

    expect(response.status).toBe(401);
  });

  it('counts in the query of an event stream, which a browser opens without headers [API-004]', async () => {
    const response = await app.request(`http://api/api/v1/runs/none/events?token=secret-token&namespace=${NAMESPACE}`);

    expect(response.status).toBe(404);
  });
});

describe('creating a run', () => {
  it('makes it with its finalizer, its label and the provider of an instance without a key [API-W38] [API-062]', async () => {
    const { status, json } = await call('POST', 'runs', { instanceRef: 'bot', task: 'Say hello.' });

    expect(status).toBe(201);
    expect(json.metadata).toMatchObject({
      name: expect.stringMatching(/^bot-/),
      labels: { 'sympozium.ai/instance': 'bot' },
      finalizers: [FINALIZERS.agentRun],
    });
    expect(json.spec.model).toEqual({ provider: 'scripted', model: 'scripted', authSecretRef: '' });
  });

  it('carries the time-out of the request [API-W35]', async () => {
    const { json } = await call('POST', 'runs', { instanceRef: 'bot', task: 't', timeout: '90s' });

    expect(json.spec.timeout).toBe('90s');
  });

  it('gives the first run again when the same key comes twice, and refuses the key of another request [API-W33]', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await call('POST', 'runs', { instanceRef: 'bot', task: 'pay' }, headers);
    const second = await call('POST', 'runs', { instanceRef: 'bot', task: 'pay' }, headers);
    const other = await call('POST', 'runs', { instanceRef: 'bot', task: 'pay twice' }, headers);

    expect([first.status, second.status, other.status]).toEqual([201, 201, 422]);
    expect(second.json.metadata.uid).toBe(first.json.metadata.uid);
  });

  it.each([
    ['a name that is no DNS label', { name: 'Not_A_Name' }, 422, /`name` must be a DNS label/],
    ['a time-out that is none', { timeout: 'soon' }, 422, /`timeout` must be a Go duration/],
    ['a time-out of nothing', { timeout: '0s' }, 422, /`timeout` must be a Go duration/],
    ['a task over the limit', { task: 'x'.repeat(1_048_577) }, 422, /`task` must have at most 1048576 characters/],
    [
      'a mistyped field',
      { skills: [{ skillPackRef: 7 }] },
      400,
      /^invalid JSON: `skills\[0\].skillPackRef` must be a string, not a number/,
    ],
    ['a body over the limit', { task: 'x'.repeat(5_000_000) }, 413, /at most \d+ bytes/],
  ])('creates nothing and names field and rule when it has %s [API-W20] [API-W27]', async (_, fields, status, text) => {
    const before = await runNames();

    const answer = await call('POST', 'runs', { instanceRef: 'bot', task: 't', ...fields });

    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(text);
    expect(await runNames()).toEqual(before);
  });

  it('says where malformed JSON goes wrong, without quoting it [API-007]', async () => {
    const { status, text } = await call('POST', 'instances', '{"name": "x",\n "apiKey": "sk-secret" oops}');

    expect(status).toBe(400);
    expect(text).toBe('invalid JSON: unexpected character at line 2, column 24\n');
  });

  it('answers 409 when a run of that name exists [API-W27]', async () => {
    await call('POST', 'runs', { instanceRef: 'bot', task: 't', name: 'taken' });
    const { status } = await call('POST', 'runs', { instanceRef: 'bot', task: 't', name: 'taken' });

    expect(status).toBe(409);
  });
});

describe('a name that would lead elsewhere in a path', () => {
  it.each(['..', '.', 'a/../b'])('%j is one that nothing has', async (name) => {
    const run = await call('POST', 'runs', { instanceRef: name, task: 't' });
    const instance = await call('POST', 'instances', {
      name: 'dotted',
      provider: 'openai',
      model: 'm',
      secretName: name,
    });

    expect([run.status, instance.status]).toEqual([404, 400]);
    expect((await call('DELETE', `runs/${encodeURIComponent(encodeURIComponent(name))}`)).status).toBe(404);
  });
});

describe('creating an instance', () => {
  it('lets it own the Secret of its key, so that both go together [API-W34]', async () => {
    const { json } = await call('POST', 'instances', { name: 'keyed', provider: 'openai', model: 'm', apiKey: 'sk-1' });
    const secret = await cluster.kube.get(SECRETS, { namespace: NAMESPACE, name: 'keyed-openai-key' });

    expect(secret?.metadata.ownerReferences).toMatchObject([{ kind: 'SympoziumInstance', uid: json.metadata.uid }]);
  });

  it('leaves neither instance nor Secret when the key cannot be stored [API-W34]', async () => {
    const provider = `p${'x'.repeat(250)}`; // The name of its Secret is longer than a name may be.
    const { status } = await call('POST', 'instances', { name: 'half', provider, model: 'm', apiKey: 'sk-1' });

    expect(status).toBe(422);
    expect(
      await cluster.kube.get<SympoziumInstance>(KINDS.SympoziumInstance, { namespace: NAMESPACE, name: 'half' }),
    ).toBeUndefined();
  });

  it('never shows the key in an answer', async () => {
    const { text } = await call('POST', 'instances', {
      name: 'quiet',
      provider: 'openai',
      model: 'm',
      apiKey: 'sk-secret',
    });

    expect(text).not.toContain('sk-secret');
  });
});

describe('answers', () => {
  it.each([
    ['GET', 'nope', 404],
    ['DELETE', 'policies/x', 405],
    ['GET', 'runs/none', 404],
    ['DELETE', 'runs/none', 404],
    ['GET', 'pods/none/logs', 404],
  ])('%s %s is %i, in plain text [API-W27] [API-W44]', async (method, path, status) => {
    const answer = await call(method, path);

    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.text).toMatch(/^[^\n]+\n$/);
  });

  it('shows no pods of the system namespaces [API-W13]', async () => {
    const response = await app.request('http://api/api/v1/pods?namespace=kube-system', {
      headers: { authorization: 'Bearer secret-token' },
    });

    expect(response.status).toBe(403);
  });

  it('lists in the same order each time, without managed fields [API-W23] [API-W24]', async () => {
    const lists = await Promise.all([call('GET', 'runs'), call('GET', 'runs')]);
    const names = lists.map(({ json }) => json.map(({ metadata }: AgentRun) => metadata.name));

    expect(names[0].length).toBeGreaterThan(1);
    expect(names[0]).toEqual(names[1]);
    expect(lists[0].text).not.toContain('managedFields');
  });

  it('lists the runs of one instance when asked for them [API-W25]', async () => {
    await call('POST', 'instances', { name: 'other', provider: 'scripted', model: 'scripted' });
    await call('POST', 'runs', { instanceRef: 'other', task: 't', name: 'of-other' });
    const { json } = await call('GET', 'runs?instance=other');

    expect(json.map(({ metadata }: AgentRun) => metadata.name)).toEqual(['of-other']);
  });

  it('answers 503 when Kubernetes is away [API-W27]', async () => {
    const connection = { server: 'http://127.0.0.1:9' };
    const lonely = createApp({ env: { SYMPOZIUM_UI_TOKEN: 't' }, connection });
    const headers = { authorization: 'Bearer t' };

    expect((await lonely.request('http://api/api/v1/runs', { headers })).status).toBe(503);
    expect((await lonely.request('http://api/readyz')).status).toBe(503);
    expect((await lonely.request('http://api/healthz')).status).toBe(200);
  });
});

describe('a gate verdict', () => {
  const give = (name: string, body: object) => call('POST', `runs/${name}/gate-verdict`, body);
  const gated = async (phase: string): Promise<string> => {
    const { json } = await call('POST', 'runs', { instanceRef: 'bot', task: `Wait in ${phase}.` });
    const { apiVersion, kind, metadata } = json as AgentRun;
    const run = { apiVersion, kind, metadata: { name: metadata.name, namespace: NAMESPACE }, status: { phase } };
    await cluster.kube.applyStatus(KINDS.AgentRun, run, { fieldManager: 'test' });
    return metadata.name;
  };

  it('is taken while hooks are at work and at no other time, and rejects or rewrites with a text only [RUN-103]', async () => {
    const running = await gated('Running');
    const waiting = await gated('PostRunning');
    expect((await give(running, { action: 'approve' })).status).toBe(409);
    for (const action of ['reject', 'rewrite']) expect((await give(waiting, { action })).status).toBe(400);
    expect((await give(waiting, { action: 'rewrite', response: 'Two.' })).status).toBe(200);

    const run = await cluster.kube.get<AgentRun>(KINDS.AgentRun, { namespace: NAMESPACE, name: waiting });
    // What the one stores is what the other understands.
    expect(run && verdictOf(run)).toEqual({ action: 'rewrite', response: 'Two.', reason: '' });
  });
});

describe('cancelling', () => {
  const cancel = (name: string) => call('POST', `runs/${name}/cancel`);

  it('asks for the end of a run, as often as it is told, and says when there is none of that name', async () => {
    const { json } = await call('POST', 'runs', { instanceRef: 'bot', task: 'Wait.' });
    const { name } = (json as AgentRun).metadata;
    for (const _ of [1, 2]) expect(await cancel(name)).toMatchObject({ status: 200, json: { spec: { cancel: true } } });
    expect((await cancel('nobody')).status).toBe(404);
  });
});
