import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS, SYSTEM_NAMESPACE } from '../../crds/group.ts';
import { anMcpServer, said } from '../../infra/pods/mcp-bridge/fixtures.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { DEPLOYMENTS, EVENTS, JOBS, PODS, type Resource, SECRETS } from '../../shared/kube/resources.ts';
import { createSession, type Session } from './session.ts';

const namespace = 'default';
/** A canary for each way that a Secret comes into a run. */
const CANARIES = {
  model: 'sk-canary-of-the-model-0001',
  mcp: 'tok-canary-of-the-server-0002',
  skill: 'pat-canary-of-the-skill-0003',
  headers: 'hdr-canary-of-telemetry-0004',
  channel: 'bot-canary-of-the-channel-0005',
};

let session: Session;
let kube: KubeClient;
let provider: Server;

beforeAll(async () => {
  session = await createSession();
  await session.start();
  kube = session.kube();
  provider = createServer((request, response) => {
    // As providers do: the key that was sent is in the words of the refusal.
    const message = `Incorrect API key provided: ${request.headers.authorization}`;
    response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message } }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
}, 180_000);
afterAll(async () => {
  provider?.close();
  await session.remove();
}, 60_000);

const create = (kind: Resource, object: object) =>
  kube.create(kind, { apiVersion: API_VERSION, kind: kind.kind, ...object } as KubeObject, { fieldManager: 'test' });

async function run(name: string, model: object, task: string): Promise<AgentRun['status']> {
  const spec = { instanceRef: 'trusted', agentId: 'a', sessionKey: 's', task, model };
  await create(KINDS.AgentRun, { metadata: { name, namespace }, spec });
  const status = async () => (await kube.get<AgentRun>(KINDS.AgentRun, { namespace, name }))?.status;
  await expect.poll(async () => (await status())?.phase, { timeout: 60_000 }).toMatch(/Succeeded|Failed/);
  return await status();
}

/** Whatever people and programs other than the run get to see: statuses, Events, logs of pods and of the control plane. */
async function everythingSaid(): Promise<string[]> {
  const kinds = [...Object.values(KINDS), PODS, JOBS, DEPLOYMENTS];
  const lists = await Promise.all(kinds.map((kind) => kube.list<KubeObject & { status?: unknown }>(kind, {})));
  const events = await kube.list(EVENTS, {});
  const pods = await kube.list<KubeObject & { spec: { containers: { name: string }[] } }>(PODS, {});
  const logs = await Promise.all(
    pods.items.flatMap(({ metadata, spec }) =>
      spec.containers.map(({ name: container }) =>
        kube.logs({ namespace: metadata.namespace ?? '', name: metadata.name }, { container }).catch(() => ''),
      ),
    ),
  );
  const files = readdirSync(join(session.folder, 'logs')).map((file) =>
    readFileSync(join(session.folder, 'logs', file), 'utf8'),
  );
  const statuses = lists.flatMap(({ items }) => items.map(({ status }) => JSON.stringify(status ?? null)));
  return [...statuses, ...events.items.map((one) => JSON.stringify(one)), ...logs, ...files, session.output()];
}

it('says nothing of what is in a Secret, in no status, Event or log, also where a run fails for it', async () => {
  const server = await anMcpServer({ token: CANARIES.mcp, tools: ['find'], call: () => said('found') });
  for (const [name, value] of Object.entries(CANARIES)) {
    const stringData = { OPENAI_API_KEY: value, token: value, headers: `x=${value}` };
    // A built-in skill brings its Secret along.
    const place = name === 'skill' ? SYSTEM_NAMESPACE : namespace;
    await create(SECRETS, { apiVersion: 'v1', metadata: { name: `of-${name}`, namespace: place }, stringData });
  }
  await create(KINDS.SkillPack, {
    metadata: { name: 'guarded', namespace: SYSTEM_NAMESPACE },
    spec: {
      skills: [],
      sidecar: { image: 'skill-guarded:1', secretRef: 'of-skill', secretMountPath: '/secrets/pat' },
    },
  });
  await create(KINDS.SympoziumInstance, {
    metadata: { name: 'trusted', namespace },
    spec: {
      agents: { default: { model: 'm' } },
      authRefs: [{ provider: 'openai', secret: 'of-model' }],
      channels: [{ type: 'telegram', configRef: { secret: 'of-channel' } }],
      mcpServers: [{ name: 'wiki', url: server.url, toolsPrefix: 'wiki', authSecret: 'of-mcp' }],
      observability: { enabled: true, otlpEndpoint: 'http://127.0.0.1:9', headersSecretRef: 'of-headers' },
      skills: [{ skillPackRef: 'guarded' }],
    },
  });
  const answered = await run(
    'answered',
    { provider: 'scripted', model: 'scripted', authSecretRef: 'of-model' },
    '[[call: wiki_find {}]] [[say: done]]',
  );
  const skillSecrets = [{ skill: 'guarded', secret: 'of-skill', copyOf: SYSTEM_NAMESPACE }];
  expect(answered).toMatchObject({ phase: 'Succeeded', resolution: { skillSecrets } });
  const baseURL = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
  const refused = await run(
    'refused',
    { provider: 'openai', model: 'm', baseURL, authSecretRef: 'of-model' },
    'Say hello.',
  );
  expect(refused).toMatchObject({
    phase: 'Failed',
    error: expect.stringContaining('Incorrect API key provided: Bearer [redacted]'),
  });
  const { stdout, stderr } = await session.client('get', 'refused', '--json');

  const heard = [...(await everythingSaid()), stdout, stderr];

  expect(heard.length).toBeGreaterThan(20);
  for (const canary of Object.values(CANARIES)) {
    const written = [canary, Buffer.from(canary).toString('base64')];
    expect(heard.filter((one) => written.some((form) => one.includes(form)))).toEqual([]);
  }
}, 180_000);
