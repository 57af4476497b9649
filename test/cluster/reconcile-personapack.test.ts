import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import { loadPackConfig } from '../../functions/reconcile-personapack/config.ts';
import { packReconciler } from '../../functions/reconcile-personapack/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS, type Resource } from '../../shared/kube/resources.ts';
import { type OwnPasses, ownPasses } from './own-passes.ts';

const NAMESPACE = `packs-${randomUUID().slice(0, 8)}`;
const MANAGER = { fieldManager: 'cluster-test' };
let passes: OwnPasses;

beforeAll(async () => {
  const what = { reconciler: packReconciler, config: loadPackConfig({}), functionName: 'reconcile-personapack' };
  passes = await ownPasses(what, NAMESPACE, []);
}, 60_000);

afterAll(() => passes.close());

const persona = (name: string, rest: object = {}) => ({ name, systemPrompt: `You are ${name}.`, ...rest });
const TEAM = [
  persona('a', { schedule: { type: 'heartbeat', interval: '30m', task: 'Look.' }, memory: { seeds: ['First.'] } }),
  persona('b', { channels: ['telegram'] }),
];

const create = (name: string, spec: object) =>
  passes.admin.create(
    KINDS.PersonaPack,
    { apiVersion: API_VERSION, kind: 'PersonaPack', metadata: { name, namespace: NAMESPACE }, spec } as KubeObject,
    MANAGER,
  );
const change = (name: string, spec: object) =>
  passes.admin.mergePatch({ resource: KINDS.PersonaPack, namespace: NAMESPACE, name }, { spec }, MANAGER);
const read = (name: string) => passes.admin.get<PersonaPack>(KINDS.PersonaPack, { namespace: NAMESPACE, name });
const installed = async (resource: Resource, pack: string) => {
  const labelSelector = `${LABELS.personaPack}=${pack}`;
  const { items } = await passes.admin.list(resource, { namespace: NAMESPACE, labelSelector });
  return items.map(({ metadata }) => metadata.name).sort();
};

describe('reconcile-personapack on a real API server, under its own role', () => {
  it('installs a team, leaves users their fields and then rests', async () => {
    await create('team', { enabled: true, personas: TEAM });
    await passes.settle('team');
    const instance = { resource: KINDS.SympoziumInstance, namespace: NAMESPACE, name: 'team-a' };
    const schedule = { resource: KINDS.SympoziumSchedule, namespace: NAMESPACE, name: 'team-a-schedule' };
    const thinking = { spec: { agents: { default: { thinking: 'high' } }, memory: { systemPrompt: 'Hijacked.' } } };
    await passes.admin.mergePatch(instance, thinking, MANAGER);
    await passes.admin.mergePatch(schedule, { spec: { suspend: true } }, MANAGER);
    await change('team', { taskOverride: 'Ship it.' });
    await passes.settle('team');
    expect(await passes.admin.get(KINDS.SympoziumInstance, instance)).toMatchObject({
      spec: { agents: { default: { thinking: 'high' } }, memory: { systemPrompt: 'You are a.' } },
    });
    expect(await passes.admin.get(KINDS.SympoziumSchedule, schedule)).toMatchObject({ spec: { suspend: true } });
    const before = passes.writes();
    expect(await passes.pass('team')).toEqual({ outcome: 'settled' });
    expect(passes.writes()).toBe(before);
  });

  it('ends in the same state when passes are killed anywhere in fifty lives', async () => {
    for (let life = 0; life < 50; life += 1) {
      const name = `cut-${life}`;
      await create(name, { enabled: true, baseURL: 'http://old', personas: TEAM });
      await passes.pass(name, life % 7);
      await passes.settle(name);
      expect(await installed(KINDS.SympoziumInstance, name)).toEqual([`${name}-a`, `${name}-b`]);
      await change(name, { baseURL: null, personas: [persona('b'), persona('c')] });
      await passes.pass(name, (life * 3) % 7);
      await passes.settle(name);
      expect(await installed(KINDS.SympoziumInstance, name)).toEqual([`${name}-b`, `${name}-c`]);
      expect(await installed(KINDS.SympoziumSchedule, name)).toEqual([]);
      await change(name, { enabled: false });
      await passes.pass(name, (life * 5) % 4);
      await passes.settle(name);
      expect((await read(name))?.status?.phase).toBe('Inactive');
      for (const kind of [KINDS.SympoziumInstance, CONFIG_MAPS]) expect(await installed(kind, name)).toEqual([]);
    }
  }, 240_000);
});
