import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import { createApiApp } from '../../functions/api/app.ts';
import { manifest } from '../../functions/api/function.ts';
import type { StoredMessage } from '../../shared/bus/bus.ts';
import { runSubject } from '../../shared/bus/subjects.ts';
import { Secret } from '../../shared/config/load.ts';
import { createKubeClient } from '../../shared/kube/client.ts';
import { pathOf } from '../../shared/kube/resources.ts';
import { type ContractCluster, createNamespace, seed, startContractCluster } from './api-cluster.ts';

const NAMESPACE = 'streams';
const HEADERS = { authorization: 'Bearer t' };
let cluster: ContractCluster;
let messages: StoredMessage[] = [];

beforeAll(async () => {
  cluster = await startContractCluster(manifest);
  await createNamespace(cluster.kube, NAMESPACE);
});
afterAll(() => cluster?.close());

function api(options: { streamSeconds?: number; bus?: 'away' } = {}): Hono {
  const since = async (subject: string, after: number) => {
    if (options.bus === 'away') throw new Error('The relay is away');
    return messages.filter((message) => message.subject === subject && message.sequence > after);
  };
  const kube = createKubeClient(cluster.connection);
  return createApiApp({
    kube,
    bus: { since },
    token: new Secret('t'),
    streamSeconds: options.streamSeconds ?? 20,
    now: () => new Date(),
  });
}

async function aRun(name: string): Promise<AgentRun> {
  const spec = {
    instanceRef: 'i',
    agentId: 'primary',
    sessionKey: 's',
    task: 't',
    model: { provider: 'scripted', model: 'm', authSecretRef: '' },
  };
  await seed(cluster.kube, {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'AgentRun',
    metadata: { name, namespace: NAMESPACE },
    spec,
  } as never);
  const run = await cluster.kube.get<AgentRun>(KINDS.AgentRun, { namespace: NAMESPACE, name });
  if (run === undefined) throw new Error('The run was not created');
  return run;
}

async function setStatus(name: string, status: object): Promise<void> {
  const path = `${pathOf(KINDS.AgentRun, NAMESPACE, name)}/status`;
  await cluster.kube.json({ method: 'PATCH', path, body: { status }, contentType: 'application/merge-patch+json' });
}

function say(run: AgentRun, sequence: number, content: string): void {
  const { name, uid = '' } = run.metadata;
  const subject = `${runSubject({ namespace: NAMESPACE, name, uid })}.stream`;
  const payload = {
    topic: 'agent.stream.chunk',
    timestamp: '',
    metadata: {},
    data: { type: 'text', content, index: sequence },
  };
  messages.push({ subject, sequence, time: '', payload });
}

const eventsOf = (text: string) =>
  text
    .split('\n\n')
    .filter((block) => block.includes('event:'))
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      return { event: field('event'), id: field('id'), data: JSON.parse(field('data') ?? 'null') };
    });

const open = (app: Hono, path: string, headers: Record<string, string> = {}) =>
  app.request(`http://api/api/v1/runs/${path}${path.includes('?') ? '&' : '?'}namespace=${NAMESPACE}`, {
    headers: { ...HEADERS, ...headers },
  });

it('streams the status and the text of one run until it has ended, each chunk with its sequence [API-W08]', async () => {
  messages = [];
  const [run, other] = [await aRun('told'), await aRun('other')];
  say(other, 1, 'not for you');
  const response = await open(api(), 'told/events');
  const text = response.text();
  await setStatus('told', { phase: 'Running', podName: 'told-pod' });
  say(run, 2, 'Hel');
  say(run, 3, 'lo');
  await delay(300);
  await setStatus('told', { phase: 'Succeeded', result: 'Hello' });

  const events = eventsOf(await text);

  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(events.filter(({ event }) => event === 'chunk')).toEqual([
    { event: 'chunk', id: '2', data: { type: 'text', content: 'Hel', index: 2 } },
    { event: 'chunk', id: '3', data: { type: 'text', content: 'lo', index: 3 } },
  ]);
  const phases = events.filter(({ event }) => event === 'status').map(({ data }) => data.phase);
  expect(phases.at(-1)).toBe('Succeeded');
  expect(events.at(-1)?.event).toBe('end');
});

it('sends all text before the last status when the run has ended before anybody followed [API-150]', async () => {
  messages = [];
  const run = await aRun('quick');
  say(run, 7, 'done');
  await setStatus('quick', { phase: 'Succeeded' });

  const events = eventsOf(await (await open(api(), 'quick/events')).text());

  expect(events.map(({ event }) => event)).toEqual(['chunk', 'status', 'end']);
});

it.each([
  ['events', { 'last-event-id': '4' }],
  ['events?after=4', {}],
])('goes on after the last event that a follower has (%s)', async (path, headers) => {
  messages = [];
  const run = await aRun(`resumed-${Object.keys(headers).length}`);
  for (const sequence of [3, 4, 5]) say(run, sequence, String(sequence));
  await setStatus(run.metadata.name, { phase: 'Succeeded' });

  const events = eventsOf(await (await open(api(), `${run.metadata.name}/${path}`, headers)).text());

  expect(events.filter(({ event }) => event === 'chunk').map(({ id }) => id)).toEqual(['5']);
});

it('tells a follower when the run is deleted', async () => {
  await aRun('gone');
  const response = await open(api(), 'gone/events');
  const text = response.text();
  await cluster.kube.remove({ resource: KINDS.AgentRun, namespace: NAMESPACE, name: 'gone' });

  expect(eventsOf(await text).map(({ event }) => event)).toContain('deleted');
});

it('streams the status when the relay is away', async () => {
  await aRun('alone');
  await setStatus('alone', { phase: 'Failed', error: 'it broke' });

  const events = eventsOf(await (await open(api({ bus: 'away' }), 'alone/events')).text());

  expect(events.map(({ event }) => event)).toEqual(['status', 'end']);
});

it('ends by itself after its time, without an end, so that the follower resumes', async () => {
  await aRun('endless');

  const events = eventsOf(await (await open(api({ streamSeconds: 1 }), 'endless/events')).text());

  expect(events.map(({ event }) => event)).toEqual(['status']);
});

it('stops asking the bus when its follower has gone away', async () => {
  await aRun('left');
  let asked = 0;
  const kube = createKubeClient(cluster.connection);
  const since = async () => {
    asked += 1;
    return [];
  };
  const app = createApiApp({ kube, bus: { since }, token: new Secret('t'), streamSeconds: 60, now: () => new Date() });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  const leave = new AbortController();
  const url = `http://127.0.0.1:${port}/api/v1/runs/left/events?namespace=${NAMESPACE}`;
  const response = await fetch(url, { headers: HEADERS, signal: leave.signal });
  await expect.poll(() => asked).toBeGreaterThan(1);
  leave.abort();
  await response.text().catch(() => undefined);

  await expect
    .poll(
      async () => {
        const before = asked;
        await delay(600);
        return asked - before;
      },
      { timeout: 10_000 },
    )
    .toBe(0);
  server.close();
});

it('is not found when there is no such run', async () => {
  expect((await open(api(), 'none/events')).status).toBe(404);
  expect((await open(api(), 'none/logs')).status).toBe(404);
});

async function aPod(run: string): Promise<void> {
  const containers = ['agent', 'ipc-bridge'].map((name) => ({ name, image: 'i:1' }));
  const metadata = { name: `${run}-pod`, namespace: NAMESPACE, labels: { [LABELS.agentRun]: run } };
  await seed(cluster.kube, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { nodeName: 'n', containers },
    status: { phase: 'Running' },
  } as never);
}

it('gives the log of the agent, or of the container asked for, once or as it comes [API-W42]', async () => {
  await aRun('logged');
  await aPod('logged');
  const [agent, bridge, followed] = await Promise.all(
    ['logs', 'logs?container=ipc-bridge', 'logs?follow=true'].map(async (path) =>
      (await open(api(), `logged/${path}`)).text(),
    ),
  );

  expect(agent).toContain('logged-pod agent line 250\n');
  expect(bridge).toContain('logged-pod ipc-bridge line 1\n');
  expect(followed).toBe(agent);
});

it('says why there is no log: not started, or ended and gone', async () => {
  await aRun('podless');
  const before = await open(api(), 'podless/logs');
  await setStatus('podless', { phase: 'Succeeded' });
  const after = await open(api(), 'podless/logs');

  expect([before.status, after.status]).toEqual([409, 404]);
  expect(await after.text()).toContain('its pod is gone');
});

it('ends a followed log when the run ends without a pod', async () => {
  await aRun('never');
  const response = await open(api(), 'never/logs?follow=true');
  const text = response.text();
  await setStatus('never', { phase: 'Failed' });

  expect(await text).toBe('');
});
