import { beforeEach, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { FINALIZERS, LABELS } from '../../crds/labels.ts';
import type { PersonaPack, PersonaPackInput } from '../../crds/personapack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  PERSISTENT_VOLUME_CLAIMS,
  type Resource,
  SECRETS,
} from '../../shared/kube/resources.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import { loadPackConfig } from './config.ts';
import { packReconciler } from './reconciler.ts';

const KEY = { namespace: 'team', name: 'pack' };
type Spec = PersonaPackInput['spec'];
type Persona = Spec['personas'][number];
let world: World;

beforeEach(() => {
  world = createWorld();
});

const meta = (name: string, labels: Record<string, string> = {}) => ({ name, namespace: KEY.namespace, labels });
const persona = (name: string, rest: Partial<Persona> = {}): Persona => ({
  name,
  systemPrompt: `You are ${name}.`,
  ...rest,
});
const hourly = { type: 'heartbeat' as const, task: 'Look around.', interval: '1h' };

function pack(spec: Partial<Spec> = {}): void {
  world.store.create(KINDS.PersonaPack, {
    apiVersion: API_VERSION,
    kind: 'PersonaPack',
    metadata: meta(KEY.name),
    spec: { enabled: true, personas: [persona('a')], ...spec },
  } as KubeObject);
}
function change(spec: Partial<Spec>): void {
  const current = read();
  world.store.update(KINDS.PersonaPack, current, { ...current, spec: { ...current.spec, ...spec } } as KubeObject);
}
const pass = (env: Record<string, string> = {}): Promise<Reply> =>
  reconcile(
    packReconciler,
    KEY,
    { ...world, config: loadPackConfig(env), now: world.clock.now, report: () => {} },
    new AbortController().signal,
  );
const find = (resource: Resource, name: string) => world.store.get(resource, KEY.namespace, name);
const read = () => find(KINDS.PersonaPack, KEY.name) as PersonaPack;
const ready = () => read().status?.conditions?.find(({ type }) => type === 'Ready');
const instance = (name: string) => find(KINDS.SympoziumInstance, `pack-${name}`) as SympoziumInstance | undefined;
const schedule = (name: string) =>
  find(KINDS.SympoziumSchedule, `pack-${name}-schedule`) as
    | (KubeObject & { spec: Record<string, unknown> })
    | undefined;
const edit = (resource: Resource, object: KubeObject, spec: object) =>
  world.store.update(resource, object, { ...object, spec } as KubeObject);

describe('an enabled pack', () => {
  it('installs an instance for each persona that is not excluded [CTL-063] [CTL-064]', async () => {
    pack({ personas: [persona('a'), persona('b'), persona('c', { schedule: hourly })], excludePersonas: ['c'] });
    expect(await pass()).toEqual({ outcome: 'settled' });
    for (const name of ['a', 'b']) {
      expect(instance(name)?.metadata).toMatchObject({
        labels: { [LABELS.personaPack]: 'pack', [LABELS.persona]: name },
        ownerReferences: [{ kind: 'PersonaPack', name: 'pack', controller: true }],
      });
    }
    expect(instance('c')).toBeUndefined();
    expect(schedule('c')).toBeUndefined();
    expect(read().metadata.finalizers).toEqual([FINALIZERS.personaPack]);
    expect(read().status).toMatchObject({ phase: 'Ready', personaCount: 3, installedCount: 2 });
    expect(ready()).toMatchObject({ status: 'True', reason: 'Installed' });
  });

  it('gives a persona its model, and one without a model that of the provider [CTL-065] [CTL-WP11]', async () => {
    pack({ personas: [persona('a', { model: 'big' }), persona('b')] });
    await pass();
    expect(instance('a')?.spec.agents.default.model).toBe('big');
    expect(instance('b')?.spec.agents.default.model).toBe('gpt-4o');
    world = createWorld();
    pack({ authRefs: [{ provider: 'anthropic', secret: 'k' }] });
    await pass();
    expect(instance('a')?.spec.agents.default.model).toBe('claude-sonnet-4-5');
  });

  it('gives skills in order with their params, memory, and the web endpoint [CTL-069] [CTL-070] [CTL-071] [CTL-072]', async () => {
    pack({
      personas: [
        persona('a', { skills: ['code-review', 'mcp-bridge', 'k8s-ops'] }),
        persona('b', { skills: ['memory', 'github-gitops'], webEndpoint: { enabled: true, hostname: 'h.example' } }),
      ],
      skillParams: { 'github-gitops': { repo: 'r' } },
    });
    await pass();
    expect(instance('a')?.spec.skills).toEqual([
      { skillPackRef: 'code-review' },
      { skillPackRef: 'k8s-ops' },
      { skillPackRef: 'memory' },
    ]);
    expect(instance('b')?.spec.skills).toEqual([
      { skillPackRef: 'memory' },
      { skillPackRef: 'github-gitops', params: { repo: 'r' } },
      { skillPackRef: 'web-endpoint', params: { hostname: 'h.example' } },
    ]);
  });

  it('gives channels their Secrets and access control, follows both, and takes the last away [CTL-073] [CTL-WP7]', async () => {
    pack({
      personas: [persona('a', { channels: ['telegram', 'discord'] })],
      channelConfigs: { telegram: 's' },
      channelAccessControl: { telegram: { allowedSenders: ['7'] } },
    });
    await pass();
    expect(instance('a')?.spec.channels).toEqual([
      { type: 'telegram', configRef: { secret: 's' }, accessControl: { allowedSenders: ['7'] } },
      { type: 'discord', configRef: { secret: '' } },
    ]);
    change({ channelConfigs: { telegram: 's2' }, channelAccessControl: { telegram: { allowedSenders: ['8'] } } });
    await pass();
    expect(instance('a')?.spec.channels?.[0]).toEqual({
      type: 'telegram',
      configRef: { secret: 's2' },
      accessControl: { allowedSenders: ['8'] },
    });
    change({ personas: [persona('a')] });
    await pass();
    expect(instance('a')?.spec.channels).toBeUndefined();
  });

  it('hands on keys, address, prompt, model, policy, skills and sandbox when they change [CTL-066] [CTL-067] [CTL-068] [CTL-087] [CTL-WP4]', async () => {
    pack({
      authRefs: [{ provider: 'openai', secret: 'k1' }],
      baseURL: 'http://old',
      personas: [persona('a', { model: 'm1' })],
    });
    await pass();
    change({
      authRefs: [{ provider: 'anthropic', secret: 'k2' }],
      baseURL: '',
      policyRef: 'strict',
      agentSandbox: { enabled: true },
      personas: [persona('a', { model: 'm2', systemPrompt: 'Changed.', skills: ['b'] })],
    });
    await pass();
    expect(instance('a')?.spec).toMatchObject({
      agents: { default: { model: 'm2', agentSandbox: { enabled: true } } },
      authRefs: [{ provider: 'anthropic', secret: 'k2' }],
      policyRef: 'strict',
      memory: { systemPrompt: 'Changed.' },
      skills: [{ skillPackRef: 'b' }, { skillPackRef: 'memory' }],
    });
    expect(instance('a')?.spec.agents.default.baseURL).toBeUndefined();
  });

  it('leaves what it says nothing of to the user, and keeps to what it says', async () => {
    pack({ policyRef: 'strict' });
    await pass();
    const current = instance('a') as SympoziumInstance;
    edit(KINDS.SympoziumInstance, current, {
      ...current.spec,
      agents: {
        default: { ...current.spec.agents.default, model: 'mine', thinking: 'high', nodeSelector: { a: 'b' } },
      },
      channels: [{ type: 'slack' }],
      policyRef: 'loose',
    });
    await pass();
    expect(instance('a')?.spec).toMatchObject({
      agents: { default: { model: 'mine', thinking: 'high', nodeSelector: { a: 'b' } } },
      channels: [{ type: 'slack' }],
      policyRef: 'strict',
    });
    const writes = world.interrupt.writes().length;
    await pass();
    expect(world.interrupt.writes()).toHaveLength(writes);
  });

  it('gives the instance the prompt and the tools of the persona, which its runs inherit [CTL-WX2]', async () => {
    pack({ personas: [persona('a', { toolPolicy: { allow: ['read_file'] } })] });
    await pass();
    expect(instance('a')?.spec).toMatchObject({
      agents: { default: { toolPolicy: { allow: ['read_file'] } } },
      memory: { systemPrompt: 'You are a.' },
    });
  });

  it('gives personas the observability that the environment says', async () => {
    pack();
    await pass({ SYMPOZIUM_DEFAULT_OTEL_ENABLED: 'True', SYMPOZIUM_DEFAULT_OTEL_ENDPOINT: 'otel:4317' });
    expect(instance('a')?.spec.observability).toMatchObject({ enabled: true, otlpEndpoint: 'otel:4317' });
  });
});

describe('schedules of a pack', () => {
  it('are as the persona says, one run at a time and with memory [CTL-074]', async () => {
    pack({
      personas: [persona('a', { schedule: { type: 'sweep', task: 'Look.', cron: '7 * * * *', interval: '5m' } })],
    });
    await pass();
    expect(schedule('a')?.spec).toEqual({
      instanceRef: 'pack-a',
      schedule: '7 * * * *',
      task: 'Look.',
      type: 'sweep',
      concurrencyPolicy: 'Forbid',
      includeMemory: true,
    });
    expect(read().status?.installedPersonas).toEqual([
      { name: 'a', instanceName: 'pack-a', scheduleName: 'pack-a-schedule' },
    ]);
  });

  it('put the objective of the team before the task [CTL-078]', async () => {
    pack({ taskOverride: 'Ship it.', personas: [persona('a', { schedule: hourly })] });
    await pass();
    expect(schedule('a')?.spec['task']).toBe('TEAM OBJECTIVE: Ship it.\n\nYOUR ROLE TASK: Look around.');
  });

  it('go when the persona has none any more [CTL-079]', async () => {
    pack({ personas: [persona('a', { schedule: hourly })] });
    await pass();
    change({ personas: [persona('a')] });
    await pass();
    expect(schedule('a')).toBeUndefined();
  });

  it('stay suspended when somebody suspended them [CTL-080] [CTL-WP6]', async () => {
    pack({ personas: [persona('a', { schedule: hourly })] });
    await pass();
    const current = schedule('a') as KubeObject & { spec: object };
    edit(KINDS.SympoziumSchedule, current, { ...current.spec, suspend: true });
    change({ taskOverride: 'Ship it.' });
    await pass();
    expect(schedule('a')?.spec).toMatchObject({ suspend: true, task: expect.stringContaining('Ship it.') });
  });

  it('say when an interval had to be rounded, and refuse one that is none [CTL-077] [CTL-WP8]', async () => {
    pack({ personas: [persona('a', { schedule: { ...hourly, interval: '45m' } })] });
    await pass();
    expect(schedule('a')?.spec['schedule']).toBe('0 * * * *');
    expect(ready()).toMatchObject({
      status: 'True',
      reason: 'IntervalRounded',
      message: expect.stringContaining('45m'),
    });
    change({ personas: [persona('a', { schedule: { ...hourly, interval: 'soon' } }), persona('b')] });
    await pass();
    expect(ready()).toMatchObject({
      status: 'False',
      reason: 'InvalidSchedule',
      message: expect.stringContaining('"soon"'),
    });
    expect(instance('b')).toBeDefined();
  });
});

describe('memories of a pack', () => {
  const seeded = persona('a', { memory: { seeds: ['First.', 'Second.'] } });

  it('begin with their seeds, before their instance can make an empty one, and are never written again [CTL-081] [CTL-WP5]', async () => {
    pack({ personas: [seeded] });
    await pass();
    const writes = world.interrupt.writes();
    expect(writes.indexOf('apply ConfigMap pack-a-memory')).toBeLessThan(
      writes.indexOf('apply SympoziumInstance pack-a'),
    );
    const memory = find(CONFIG_MAPS, 'pack-a-memory') as KubeObject & { data: object };
    expect(memory).toMatchObject({
      metadata: { labels: { [LABELS.memory]: 'true', [LABELS.persona]: 'a', [LABELS.personaPack]: 'pack' } },
      data: { 'MEMORY.md': '# Memory\n\n- First.\n- Second.\n' },
    });
    world.store.update(CONFIG_MAPS, memory, { ...memory, data: { 'MEMORY.md': 'Learned.' } } as KubeObject);
    change({ taskOverride: 'x' });
    await pass();
    expect(find(CONFIG_MAPS, 'pack-a-memory')).toMatchObject({ data: { 'MEMORY.md': 'Learned.' } });
  });

  it('in common are the relay’s: ready at once, without an object to lose or to reach unasked [CTL-082] [CTL-083] [CTL-WP10] [CTL-WP12]', async () => {
    pack({ sharedMemory: { enabled: true, accessRules: [{ persona: 'a', access: 'read-only' }] } });
    await pass();
    expect(read().status?.sharedMemoryReady).toBe(true);
    change({ sharedMemory: { enabled: false } });
    await pass();
    expect(read().status?.sharedMemoryReady).toBeUndefined();
    expect(world.store.all(DEPLOYMENTS)).toEqual([]);
    expect(world.store.created('PersistentVolumeClaim')).toEqual([]);
    expect(world.store.all(PERSISTENT_VOLUME_CLAIMS)).toEqual([]);
  });
});

describe('a pack that is not enabled', () => {
  it('is Inactive and has nothing installed [CTL-062]', async () => {
    pack({ enabled: false, personas: [persona('a'), persona('b')] });
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status).toMatchObject({ phase: 'Inactive', personaCount: 2 });
    expect(read().status?.installedCount).toBeUndefined();
    expect(world.store.all(KINDS.SympoziumInstance)).toEqual([]);
  });

  it('takes down what it installed, and waits for it to go [CTL-084]', async () => {
    pack({ personas: [persona('a', { schedule: hourly, memory: { seeds: ['s'] } })] });
    await pass();
    const held = instance('a') as SympoziumInstance;
    world.store.update(KINDS.SympoziumInstance, held, { ...held, metadata: { ...held.metadata, finalizers: ['x/y'] } });
    change({ enabled: false });
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 2 });
    expect(ready()?.reason).toBe('Removing');
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 2 });
    const going = instance('a') as SympoziumInstance;
    world.store.update(KINDS.SympoziumInstance, going, { ...going, metadata: { ...going.metadata, finalizers: [] } });
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status?.phase).toBe('Inactive');
    expect(schedule('a')).toBeUndefined();
    expect(find(CONFIG_MAPS, 'pack-a-memory')).toBeUndefined();
  });

  it('deletes no Secret and keeps its keys, so that it can be enabled again [CTL-085] [CTL-WP3]', async () => {
    const labels = { [LABELS.personaPack]: 'pack' };
    world.store.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: meta('pack-openai-key', labels) });
    pack({ authRefs: [{ provider: 'openai', secret: 'pack-openai-key' }] });
    await pass();
    change({ enabled: false });
    await pass();
    await pass();
    expect(find(SECRETS, 'pack-openai-key')).toBeDefined();
    expect(read().spec).toMatchObject({ enabled: false, authRefs: [{ secret: 'pack-openai-key' }] });
  });

  it.each([true, false])(
    'leaves objects alone that only have the names of its own, enabled or not [CTL-WP1]: %s',
    async (enabled) => {
      const foreign = {
        apiVersion: API_VERSION,
        kind: 'SympoziumInstance',
        metadata: meta('pack-a'),
        spec: { mine: true },
      };
      world.store.create(KINDS.SympoziumInstance, foreign as KubeObject);
      pack({ enabled });
      await pass();
      expect(instance('a')).toMatchObject({ spec: { mine: true } });
      expect(instance('a')?.metadata.ownerReferences).toBeUndefined();
      if (enabled) expect(ready()).toMatchObject({ status: 'False', reason: 'NameTaken' });
    },
  );
});

describe('a pack that changed', () => {
  it('takes down personas that were removed or renamed, and can then be disabled [CTL-WP2]', async () => {
    pack({ personas: [persona('a', { schedule: hourly }), persona('b')] });
    await pass();
    change({ personas: [persona('c'), persona('b')] });
    await pass();
    expect(instance('a')).toBeUndefined();
    expect(schedule('a')).toBeUndefined();
    expect(instance('c')).toBeDefined();
    change({ enabled: false });
    await pass();
    expect(await pass()).toEqual({ outcome: 'settled' });
  });

  it('lets go when deleted, and takes memories along that the original began', async () => {
    pack();
    await pass();
    const seed = meta('pack-a-memory', { [LABELS.personaPack]: 'pack', [LABELS.memory]: 'true' });
    world.store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: seed });
    world.store.remove(KINDS.PersonaPack, read());
    await pass();
    world.collect();
    expect(world.store.all()).toEqual([]);
  });
});

describe('a pack with mistakes', () => {
  it('installs the other personas and is Error [CTL-086]', async () => {
    pack({ personas: [persona('a'), persona('a', { model: 'other' }), persona('B_ad'), persona('z')] });
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status).toMatchObject({ phase: 'Error', installedCount: 2 });
    expect(ready()).toMatchObject({ status: 'False', reason: 'InvalidPersona' });
    expect(ready()?.message).toContain('Persona "a": `personas[1].name`');
    expect(instance('z')).toBeDefined();
    expect(instance('a')?.spec.agents.default.model).toBe('gpt-4o');
  });

  it('installs the other personas when the API server refuses one [CTL-086]', async () => {
    pack({ personas: [persona('a'), persona('b')] });
    const context = { kube: world.kube, bus: world.bus, now: world.clock.now(), signal: new AbortController().signal };
    const config = loadPackConfig({});
    const seen = await packReconciler.observe(KEY, context, config);
    const action = packReconciler
      .plan(seen, world.clock.now(), config)
      .actions.find((one) => one.verb === 'apply' && one.object.metadata.name === 'pack-a');
    if (action === undefined) throw new Error('The pass does not apply pack-a');
    const refusal = { action, code: 422, reason: 'Invalid', message: 'spec.x is wrong' };
    const plan = packReconciler.planRefused?.(seen, refusal, world.clock.now(), config);
    expect(plan?.actions).toMatchObject([
      { verb: 'apply', object: { metadata: { name: 'pack-b' } } },
      { verb: 'applyStatus', status: { phase: 'Error', installedCount: 1 } },
    ]);
    expect(plan?.reason).toBe('SympoziumInstance "pack-a" was refused: spec.x is wrong');
  });

  it.each<[string, Partial<Spec>, string]>([
    [
      'relations that lead back',
      {
        relationships: [
          { source: 'a', target: 'b', type: 'delegation' },
          { source: 'b', target: 'a', type: 'sequential' },
        ],
      },
      'a → b → a',
    ],
    ['a relation to nobody', { relationships: [{ source: 'a', target: 'x', type: 'delegation' }] }, '"x"'],
    ['a rule for nobody', { sharedMemory: { enabled: true, accessRules: [{ persona: 'x' }] } }, '"x"'],
    ['a size that is none [CTL-WP9]', { sharedMemory: { enabled: true, storageSize: 'lots' } }, '"lots"'],
  ])('changes nothing and says why with %s', async (_, spec, words) => {
    pack({ personas: [persona('a'), persona('b')], ...spec });
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status?.phase).toBe('Error');
    expect(ready()?.message).toContain(words);
    expect(world.store.all(KINDS.SympoziumInstance)).toEqual([]);
  });

  it('takes relations without a way back, and supervision in any direction', async () => {
    pack({
      personas: [persona('a'), persona('b'), persona('c')],
      relationships: [
        { source: 'a', target: 'b', type: 'delegation' },
        { source: 'a', target: 'c', type: 'delegation' },
        { source: 'b', target: 'c', type: 'sequential' },
        { source: 'c', target: 'a', type: 'supervision' },
      ],
    });
    await pass();
    expect(read().status?.phase).toBe('Ready');
  });

  it('gives no object a name over 63 characters', async () => {
    pack({ personas: [persona('x'.repeat(80), { schedule: hourly }), persona(`${'x'.repeat(80)}y`)] });
    await pass();
    const names = world.store.all(KINDS.SympoziumInstance).map(({ object }) => object.metadata.name);
    expect(new Set(names).size).toBe(2);
    expect(names.filter((name) => name.length > 63)).toEqual([]);
  });
});
