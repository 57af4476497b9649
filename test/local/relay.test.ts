import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../infra/local/free-port.ts';
import { startScriptedApiServer } from '../../infra/relay/watch/scripted-api-server.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import { sign } from '../../shared/delivery/signature.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import { aRelay, type Call, TO_FUNCTION, TO_RELAY, theFunctions, until } from './relay-world.ts';

const SETTLED: Reply = { outcome: 'settled' };
const NOWHERE = 'nats://127.0.0.1:1';

const RECONCILER = {
  name: 'reconcile-thing',
  timeoutSeconds: 10,
  concurrency: 2,
  reconciles: { primary: { resource: CONFIG_MAPS, wakeOn: [{ path: 'data' }] }, children: [], subjects: [] },
};

const aThing = (name: string, data = {}) => ({ metadata: { namespace: 'ns', name, uid: name }, data });

async function aWorld(answer: (call: Call) => Reply | Promise<Reply> = () => SETTLED) {
  const api = await startScriptedApiServer();
  onTestFinished(() => api.close());
  const functions = await theFunctions(answer);
  const places = { natsUrl: NOWHERE, functionsUrl: functions.url };
  const { relay } = await aRelay(places, [RECONCILER], { connection: { server: api.url } });
  await until(() => relay.missing().join() === 'nats');
  return { api, relay, ...functions };
}

describe('the relay', () => {
  it('sends each key as a signed envelope and does what the reply says when objects come and change', async () => {
    const { api, calls } = await aWorld(({ data }) =>
      'attempt' in data && data.attempt === 0 ? { outcome: 'retry', code: 'CONFLICT' } : SETTLED,
    );
    api.put(aThing('a'));
    await until(() => calls.length === 2);
    expect(calls.map(({ type, subject, source, data }) => [type, subject, source, data])).toEqual([
      ['ai.sympozium.reconcile', 'configmaps/ns/a', '/relay/0', { attempt: 0 }],
      ['ai.sympozium.reconcile', 'configmaps/ns/a', '/relay/0', { attempt: 1 }],
    ]);
    api.put({ ...aThing('a'), status: { phase: 'Done' } });
    api.put(aThing('b'));
    await until(() => calls.length === 4);
    await sleep(100);
    expect(calls.slice(2).map(({ subject }) => subject)).toEqual(['configmaps/ns/b', 'configmaps/ns/b']);
  });

  it('brings every key to its pass once the functions come, and counts no failure of a key, when they were not there', async () => {
    const api = await startScriptedApiServer();
    onTestFinished(() => api.close());
    for (let n = 0; n < 20; n += 1) api.put(aThing(`t${n}`));
    const port = await freePort();
    const places = { natsUrl: NOWHERE, functionsUrl: `http://127.0.0.1:${port}` };
    const { relay } = await aRelay(places, [RECONCILER], { connection: { server: api.url } });
    await until(async () => (await metric(relay.url, 'sympozium_relay_throttled_total')) > 2);
    expect(await metric(relay.url, 'workqueue_depth')).toBeGreaterThan(17);
    const { calls } = await theFunctions(() => SETTLED, port);
    await until(() => calls.length === 20);
    expect(calls.map(({ data }) => data)).toEqual(Array.from({ length: 20 }, () => ({ attempt: 0 })));
    expect(await metric(relay.url, 'workqueue_retries_total')).toBe(0);
  });

  it('shows the metrics that controller dashboards expect, counted by outcome', async () => {
    const replies: Reply[] = [
      { outcome: 'retry', code: 'CONFLICT' },
      { outcome: 'requeueAfter', seconds: 0.05 },
      { outcome: 'terminal', code: 'SPEC_INVALID' },
      SETTLED,
    ];
    const { api, calls, relay } = await aWorld(() => replies.shift() ?? SETTLED);
    api.put(aThing('a'));
    await until(() => calls.length === 3);
    api.put(aThing('a', { changed: 'yes' }));
    await until(() => calls.length === 4);
    await until(async () => (await metric(relay.url, 'controller_runtime_active_workers')) === 0);
    const text = await (await fetch(`${relay.url}/metrics`)).text();
    const of = (name: string, more = '') =>
      Number(new RegExp(`^${name}\\{[^}]*${more}[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1]);
    expect({
      success: of('controller_runtime_reconcile_total', 'result="success"'),
      error: of('controller_runtime_reconcile_total', 'result="error"'),
      after: of('controller_runtime_reconcile_total', 'result="requeue_after"'),
      errors: of('controller_runtime_reconcile_errors_total'),
      terminal: of('controller_runtime_terminal_reconcile_errors_total'),
      timed: of('controller_runtime_reconcile_time_seconds_count'),
      most: of('controller_runtime_max_concurrent_reconciles'),
      depth: of('workqueue_depth'),
      adds: of('workqueue_adds_total'),
      waited: of('workqueue_queue_duration_seconds_count'),
      worked: of('workqueue_work_duration_seconds_count'),
      unfinished: of('workqueue_unfinished_work_seconds'),
      longest: of('workqueue_longest_running_processor_seconds'),
      retries: of('workqueue_retries_total'),
    }).toEqual({
      success: 1,
      error: 2,
      after: 1,
      errors: 2,
      terminal: 1,
      timed: 4,
      most: 2,
      depth: 0,
      adds: 4,
      waited: 4,
      worked: 4,
      unfinished: 0,
      longest: 0,
      retries: 1,
    });
    expect(await metric(relay.url, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  });

  it.each<{ when: string; headers: (body: string) => Record<string, string>; status: number }>([
    { when: 'there is no signature', headers: () => ({}), status: 401 },
    { when: 'the key is another', headers: (body) => ({ ...sign('other', 'i', body, new Date()) }), status: 401 },
    {
      when: 'the key is that of the other direction',
      headers: (body) => ({ ...sign(TO_FUNCTION, 'i', body, new Date()) }),
      status: 401,
    },
    {
      when: 'the body is not what was signed',
      headers: () => ({ ...sign(TO_RELAY, 'i', '{}', new Date()) }),
      status: 401,
    },
    {
      when: 'it is ten minutes old',
      headers: (body) => ({ ...sign(TO_RELAY, 'i', body, new Date(Date.now() - 600_000)) }),
      status: 401,
    },
    // 503: the request is let in, and there is no NATS.
    { when: 'it is right', headers: (body) => ({ ...sign(TO_RELAY, 'i', body, new Date()) }), status: 503 },
    {
      when: 'the key is the one before',
      headers: (body) => ({ ...sign('older-key', 'i', body, new Date()) }),
      status: 503,
    },
  ])('answers $status to a publish when $when', async ({ headers, status }) => {
    const { relay } = await aWorld();
    const body = JSON.stringify({ id: '1', subject: 'sympozium.x', payload: 1 });
    const response = await fetch(`${relay.url}/publish`, { method: 'POST', headers: headers(body), body });
    expect(response.status).toBe(status);
  });

  it('refuses a request that was seen before, and a GET whose query is not what was signed', async () => {
    const { relay } = await aWorld();
    const path = '/messages/last?subject=sympozium.a';
    const headers = { ...sign(TO_RELAY, randomUUID(), path, new Date()) };
    const get = async (at: string) => (await fetch(relay.url + at, { headers })).status;
    expect([await get(path), await get(path), await get('/messages/last?subject=sympozium.b')]).toEqual([
      503, 401, 401,
    ]);
    expect((await fetch(`${relay.url}/dead-letters`)).status).toBe(401);
    expect((await fetch(`${relay.url}/nothing`)).status).toBe(404);
  });

  it('cuts off a body that is larger than any message', async () => {
    const { relay } = await aWorld();
    const status = await new Promise((resolve) => {
      const request = httpRequest(`${relay.url}/publish`, { method: 'POST' }, (response) =>
        resolve(response.statusCode),
      );
      request.on('error', () => resolve('cut'));
      request.end(Buffer.alloc(5_000_000));
    });
    expect([400, 'cut']).toContain(status);
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
  });
});

describe('the relay as a process', () => {
  it('says where it listens once it is synced, and on SIGTERM ends after the pass under way', async () => {
    const api = await startScriptedApiServer();
    onTestFinished(() => api.close());
    api.put(aThing('a'));
    let ended = false;
    const { url, calls } = await theFunctions(async () => {
      await sleep(700);
      ended = true;
      return SETTLED;
    });
    const child = aProcess({ api: api.url, functions: url });
    const [line] = await once(createInterface({ input: child.stdout ?? process.stdin }), 'line');
    expect(JSON.parse(line)).toEqual({ ready: true, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    await until(() => calls.length === 1);
    expect(ended).toBe(false);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(ended).toBe(true);
  });

  it('says what is wrong, without any secret, and exits 1 when its configuration is not usable', async () => {
    const child = aProcess({ api: 'http://127.0.0.1:1', functions: 'not a url' });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(said).toContain('FUNCTIONS_URL');
    expect(said).not.toContain(TO_FUNCTION);
  });
});

function aProcess(urls: { api: string; functions: string }): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'));
  const kubeconfig = {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: urls.api } }],
    users: [{ name: 'u', user: {} }],
  };
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(kubeconfig));
  writeFileSync(join(folder, 'relay.json'), JSON.stringify({ functions: [{ ...RECONCILER, rules: [] }] }));
  const main = fileURLToPath(new URL('../../infra/relay/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      KUBECONFIG: join(folder, 'kubeconfig'),
      RELAY_CONFIG: join(folder, 'relay.json'),
      RELAY_PORT: '0',
      FUNCTIONS_URL: urls.functions,
      NATS_URL: NOWHERE,
      RELAY_TO_FUNCTION_SECRETS: TO_FUNCTION,
      FUNCTION_TO_RELAY_SECRETS: TO_RELAY,
    },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return child;
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
}
