import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { createSession, type Session } from './session.ts';

const namespace = 'default';
let session: Session;
let kube: KubeClient;

beforeAll(async () => {
  session = await createSession();
  await session.start();
  kube = session.kube();
}, 180_000);
afterAll(() => session.remove(), 60_000);

async function aRun(name: string, task: string): Promise<void> {
  const spec = {
    instanceRef: 'default',
    agentId: 'primary',
    sessionKey: 's',
    task,
    model: { provider: 'scripted', model: 'scripted', authSecretRef: '' },
  };
  const run = { apiVersion: 'sympozium.ai/v1alpha1', kind: 'AgentRun', metadata: { name, namespace }, spec };
  await kube.create(KINDS.AgentRun, run as KubeObject, { fieldManager: 'test' });
}
const statusOf = async (name: string) => (await kube.get<AgentRun>(KINDS.AgentRun, { namespace, name }))?.status ?? {};
const phaseOf = (name: string) => async () => (await statusOf(name)).phase;
const delegation = (task: string) => `[[call: delegate_to_persona ${JSON.stringify({ task })}]]`;

it('takes a task from one agent to another and the answer back, one below the other [CTL-WD1] [CTL-WD2] [RUN-W29]', async () => {
  // The model sees what its tools return; without a text of its own it says that.
  await aRun('asker', delegation(`${delegation('[[say: forty-two]]')}`));
  await expect.poll(phaseOf('asker'), { timeout: 90_000, interval: 300 }).toBe('Succeeded');
  expect((await statusOf('asker')).result).toContain('forty-two');
  const { items } = await kube.list<AgentRun>(KINDS.AgentRun, { namespace, labelSelector: 'sympozium.ai/parent-run' });
  const depths = items.map(({ status }) => status?.resolution?.depth).sort();
  expect(depths).toEqual([1, 2]);
});

it('tells an agent why it gets no other', async () => {
  await aRun('lonely', `[[call: delegate_to_persona {"task":"Write.","targetPersona":"writer"}]]`);
  await expect.poll(phaseOf('lonely'), { timeout: 60_000, interval: 300 }).toBe('Succeeded');
  expect((await statusOf('lonely')).result).toContain('belongs to no PersonaPack');
});

it('ends the runs that an agent asked for together with its own, and says what became of them [CTL-WD2]', async () => {
  await aRun('quitter', delegation('[[stall]]'));
  const children = async () => {
    const { items } = await kube.list<AgentRun>(KINDS.AgentRun, {
      namespace,
      labelSelector: 'sympozium.ai/parent-run=quitter',
    });
    return items.map(({ metadata, status }) => ({ name: metadata.name, phase: status?.phase }));
  };
  await expect.poll(children, { timeout: 60_000, interval: 300 }).toMatchObject([{ phase: 'Running' }]);
  expect((await session.client('cancel', 'quitter')).code).toBe(0);
  await expect.poll(children, { timeout: 20_000, interval: 200 }).toMatchObject([{ phase: 'Failed' }]);
  const [child] = await children();
  expect((await statusOf(child?.name ?? '')).conditions?.[0]).toMatchObject({ reason: 'Cancelled' });
  expect((await statusOf('quitter')).delegates).toMatchObject([{ childRunName: child?.name, targetPersona: '' }]);
});

it('ends a run that is cancelled while its agent is at work', async () => {
  await aRun('endless', '[[stall]]');
  await expect.poll(phaseOf('endless'), { timeout: 60_000, interval: 300 }).toBe('Running');
  expect((await session.client('cancel', 'endless')).code).toBe(0);
  await expect.poll(phaseOf('endless'), { timeout: 20_000, interval: 200 }).toBe('Failed');
  expect((await statusOf('endless')).conditions?.[0]).toMatchObject({ reason: 'Cancelled' });
});
