import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { PODS } from '../../shared/kube/resources.ts';
import { createSession, type Session } from './session.ts';

const at = { namespace: 'default', name: 'hooked' };
let session: Session;
let kube: KubeClient;

beforeAll(async () => {
  session = await createSession();
  await session.start();
  kube = session.kube();
}, 180_000);
afterAll(() => session.remove(), 60_000);

/** What the gate has printed; nothing before it has begun. */
async function gateLog(): Promise<string> {
  const labelSelector = `${LABELS.component}=${COMPONENTS.postRun}`;
  const { items } = await kube.list(PODS, { namespace: at.namespace, labelSelector });
  const name = items[0]?.metadata.name ?? 'none';
  return kube.logs({ namespace: at.namespace, name }, { container: 'post-review' }).catch(() => '');
}

const phase = async () => (await kube.get<AgentRun>(KINDS.AgentRun, at))?.status?.phase;

it('takes a run through a preRun hook, the agent, a postRun hook that finds the file of the first, and a gate [RUN-090] [RUN-098]', async () => {
  const sh = (script: string) => ({ image: 'busybox:1.36', command: ['sh', '-c', script] });
  const run = {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'AgentRun',
    metadata: at,
    spec: {
      instanceRef: 'default',
      agentId: 'primary',
      sessionKey: '',
      task: '[[say: a draft]]',
      model: { provider: 'scripted', model: 'scripted', authSecretRef: '' },
      lifecycle: {
        preRun: [{ name: 'write', ...sh('echo before > /workspace/marker') }],
        // The gate waits for a person once it has seen the file.
        postRun: [{ name: 'review', gate: true, ...sh('grep before /workspace/marker && sleep 600') }],
      },
    },
  };
  await kube.create(KINDS.AgentRun, run as KubeObject, { fieldManager: 'test' });
  await expect.poll(phase, { timeout: 60_000, interval: 200 }).toBe('PostRunning');
  await expect.poll(gateLog, { timeout: 20_000, interval: 100 }).toContain('before');
  const held = await kube.get<AgentRun>(KINDS.AgentRun, at);
  expect(held?.status?.result).toBeUndefined();

  const client = await readFile(join(session.folder, 'client.json'), 'utf8');
  const { url, token } = JSON.parse(client) as { url: string; token: string };
  const answer = await fetch(`${url}/api/v1/runs/hooked/gate-verdict?namespace=default`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'rewrite', response: 'the final text' }),
  });
  expect(answer.status).toBe(200);
  await expect.poll(phase, { timeout: 30_000, interval: 200 }).toBe('Succeeded');
  const ended = await kube.get<AgentRun>(KINDS.AgentRun, at);
  expect(ended?.status).toMatchObject({ gateVerdict: 'rewritten', result: 'the final text' });
  expect(ended?.status?.conditions?.map(({ type }) => type)).toEqual(['Succeeded']);
});

it('has the commands of a run without skills executed in its sandbox [RUN-W50]', async () => {
  const name = { ...at, name: 'boxed' };
  const run = {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'AgentRun',
    metadata: name,
    spec: {
      instanceRef: 'default',
      agentId: 'primary',
      sessionKey: '',
      task: '[[call: execute_command {"command":"echo $((6*7)) > /workspace/a; cat /workspace/a"}]]',
      model: { provider: 'scripted', model: 'scripted', authSecretRef: '' },
      sandbox: { enabled: true },
    },
  };
  await kube.create(KINDS.AgentRun, run as KubeObject, { fieldManager: 'test' });
  const status = async () => (await kube.get<AgentRun>(KINDS.AgentRun, name))?.status;
  await expect.poll(async () => (await status())?.phase, { timeout: 60_000, interval: 200 }).toBe('Succeeded');
  expect((await status())?.tokenUsage?.toolCalls).toBe(1);
  expect((await status())?.result).toContain('42');
});
