import { describe, expect, it } from 'vitest';
import { type AgentRun, AgentRunSchema } from '../../crds/agentrun.ts';
import type { PersonaPackSpec } from '../../crds/personapack.ts';
import { runSubject } from '../../shared/bus/subjects.ts';
import { KubeStatusError } from '../../shared/kube/status-error.ts';
import { createWorld } from '../../test/property/world/world.ts';
import {
  aTeam,
  childrenIn,
  deliver,
  idOf,
  LEAD,
  RESOLVED,
  repliesIn,
  request,
  type Setting,
  WRITER,
} from './fixtures.ts';

async function ask(data: unknown, setting: Setting = {}) {
  const { world, asker } = aTeam(setting);
  await deliver(world, request(asker, data));
  return { world, asker, children: childrenIn(world), replies: repliesIn(world) };
}

describe('an agent that asks for a run', () => {
  it('gets one below its own, of its instance and with its model [CTL-WD1] [RUN-W29]', async () => {
    const { children, asker, replies } = await ask({ id: 'q1', task: 'Count.', agentId: 'default' });
    expect(children).toHaveLength(1);
    expect(children[0]).toMatchObject({
      metadata: {
        labels: {
          'sympozium.ai/parent-run': 'ask.1',
          'sympozium.ai/instance': LEAD,
          'sympozium.ai/agent-id': 'default',
        },
        ownerReferences: [{ kind: 'AgentRun', name: 'ask.1', uid: asker.metadata.uid }],
      },
      spec: {
        task: 'Count.',
        sessionKey: `s:sub:${children[0]?.metadata.name}`,
        parent: { runName: 'ask.1', sessionKey: 's', spawnDepth: 1 },
        model: { model: 'chosen' },
        lifecycle: { postRun: [{ name: 'tidy' }] },
      },
    });
    expect(AgentRunSchema.safeParse(children[0]).success).toBe(true);
    expect(replies).toEqual([]);
  });

  it('gets it once, however often its message comes and wherever a pass was cut [CTL-WD2]', async () => {
    const { world, asker } = aTeam();
    for (const data of [{ id: 'q1', task: 'Count.' }, { task: 'An agent of the original gives no id.' }]) {
      for (const _ of [1, 2, 3]) await deliver(world, request(asker, data));
    }
    expect(childrenIn(world)).toHaveLength(2);
  });

  it('gets as many as it asks for, each under a name of its own [RUN-W29] [CTL-WD2]', async () => {
    const { world, asker } = aTeam();
    for (const id of ['q1', 'q2', 'q3']) await deliver(world, request(asker, { id, task: 'Count.' }));
    const names = childrenIn(world).map(({ metadata }) => metadata.name);
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(63);
  });

  it('is the run of the subject, and of its instance, whatever the message says of either [CTL-WX4]', async () => {
    const { world, asker } = aTeam();
    const { subject, sequence, message } = request(asker, { task: 'Count.', instanceName: WRITER });
    const metadata = { agentRunID: 'other', instanceName: WRITER, namespace: 'elsewhere' };
    await deliver(world, { subject, sequence, message: { ...(message as object), metadata } });
    expect(childrenIn(world)).toMatchObject([
      { metadata: { namespace: 'team' }, spec: { instanceRef: LEAD, parent: { runName: asker.metadata.name } } },
    ]);
  });

  it('gets it at its real depth, whatever it says of itself [CTL-WD2]', async () => {
    const status = { resolution: { ...RESOLVED, depth: 2 } };
    const { children } = await ask({ task: 'Count.', currentDepth: 0 }, { status });
    expect(children[0]?.spec.parent?.spawnDepth).toBe(3);
  });

  it.each<{ when: string; relationships?: PersonaPackSpec['relationships'] }>([
    { when: 'says nothing of who works with whom' },
    { when: 'has it delegate to the other', relationships: [{ source: 'lead', target: 'writer', type: 'delegation' }] },
    { when: 'has the other follow it', relationships: [{ source: 'lead', target: 'writer', type: 'sequential' }] },
  ])('gets another persona with the model of that, when their pack $when [CTL-WD2] [RUN-W29]', async (setting) => {
    const { children } = await ask({ task: 'Write.', targetPersona: 'writer', packName: 'research-team' }, setting);
    expect(children[0]?.spec).toMatchObject({
      instanceRef: WRITER,
      model: { provider: 'anthropic', model: 'small', authSecretRef: `${WRITER}-key` },
    });
  });

  it.each<{ when: string; data: unknown; setting?: Setting; error: string }>([
    {
      when: 'their pack lets only the other way',
      data: { task: 'Write.', targetPersona: 'writer' },
      setting: { relationships: [{ source: 'writer', target: 'lead', type: 'delegation' }] },
      error: 'PersonaPack "research-team" has no relationship that lets "lead" delegate to "writer"',
    },
    {
      when: 'their pack only has it supervise the other',
      data: { task: 'Write.', targetPersona: 'writer' },
      setting: { relationships: [{ source: 'lead', target: 'writer', type: 'supervision' }] },
      error: 'PersonaPack "research-team" has no relationship that lets "lead" delegate to "writer"',
    },
    {
      when: 'the persona is not installed',
      data: { task: 'Draw.', targetPersona: 'painter' },
      error: 'persona "painter" is not installed from PersonaPack "research-team"',
    },
    {
      when: 'the pack is not its own',
      data: { task: 'Write.', targetPersona: 'writer', packName: 'other-team' },
      error: 'this run belongs to no PersonaPack "other-team"',
    },
    {
      when: 'it wants a skill that the instance has not',
      data: { task: 'Look.', skills: ['cluster-admin'] },
      error: `SympoziumInstance "${LEAD}" has no skill "cluster-admin"`,
    },
    {
      when: 'its policy took the tool away',
      data: { task: 'Count.' },
      setting: { status: { resolution: { ...RESOLVED, tools: { deny: ['delegate_to_persona'] } } } },
      error: 'this run may not use delegate_to_persona',
    },
    { when: 'it says no task', data: { task: '' }, error: 'the request is not valid' },
  ])('is told why not when $when', async ({ data, setting, error }) => {
    const { world, asker, children, replies } = await ask(data, setting);
    expect(children).toEqual([]);
    expect(replies).toEqual([{ id: expect.any(String), ok: false, message: expect.stringContaining(error) }]);
    expect(world.bus.published()[0]?.subject).toBe(`${runSubject(idOf(asker))}.answer`);
  });

  it('is told the words of the API server that refuses the run', async () => {
    const { world, asker } = aTeam();
    const status = { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'exceeded quota: runs' };
    const refusing = async () => {
      throw new KubeStatusError(403, JSON.stringify(status), 'POST');
    };
    await deliver(world, request(asker, { task: 'Count.' }), { create: refusing });
    expect(repliesIn(world)).toMatchObject([{ ok: false, message: 'the run was refused: exceeded quota: runs' }]);
  });

  it.each<{ when: string; asked: (asker: AgentRun) => AgentRun; status?: object }>([
    { when: 'it has ended', asked: (asker) => asker, status: { phase: 'Succeeded' } },
    {
      when: 'an earlier run of its name asked',
      asked: (asker) => ({ ...asker, metadata: { ...asker.metadata, uid: 'old' } }),
    },
  ])('gets nothing once $when', async ({ asked, status }) => {
    const { world, asker } = aTeam(status && { status });
    await deliver(world, request(asked(asker), { task: 'Count.' }));
    expect(childrenIn(world)).toEqual([]);
    expect(repliesIn(world)).toEqual([]);
  });

  it('is heard again when what it may do is not stored yet', async () => {
    const { world, asker } = aTeam({ status: { resolution: undefined } });
    expect(await deliver(world, request(asker, { task: 'Count.' }))).toEqual({ outcome: 'retry', code: 'CONFLICT' });
  });

  it('is parked when it cannot be told who asks', async () => {
    const message = { subject: 'sympozium.agent.spawn.request', sequence: 1, message: 'what' };
    expect(await deliver(createWorld(), message)).toEqual({ outcome: 'terminal', code: 'REQUEST_INVALID' });
  });
});
