import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import { loadPackConfig } from '../../functions/reconcile-personapack/config.ts';
import type { Observed } from '../../functions/reconcile-personapack/observed.ts';
import { packReconciler } from '../../functions/reconcile-personapack/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import { checkReconciler, type Scenario } from './harness.ts';
import type { World } from './world/world.ts';

const KEY = { namespace: 'team', name: 'pack' };
const config = loadPackConfig({});

interface Wanted {
  enabled: boolean;
  personas: string[];
  excluded: string[];
  scheduled: boolean;
  seeded: boolean;
  channels: string[];
  cyclic: boolean;
  model: string;
}
type Move = { what: 'spec'; wanted: Wanted } | { what: 'suspended' | 'edited' | 'instancesGone' | 'deleted' };

const wanted: fc.Arbitrary<Wanted> = fc.record({
  enabled: fc.boolean(),
  personas: fc.subarray(['a', 'b', 'b', 'c', 'Not_A_Name']),
  excluded: fc.subarray(['a', 'c']),
  scheduled: fc.boolean(),
  seeded: fc.boolean(),
  channels: fc.subarray(['telegram', 'slack']),
  cyclic: fc.constantFrom(false, false, true),
  model: fc.constantFrom('', 'big'),
});
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('spec' as const), wanted }) },
  ...(['suspended', 'edited', 'instancesGone', 'deleted'] as const).map((what) => ({
    weight: what === 'deleted' ? 1 : 2,
    arbitrary: fc.constant<Move>({ what }),
  })),
);

const read = ({ store }: World) => store.get(KINDS.PersonaPack, KEY.namespace, KEY.name) as PersonaPack | undefined;

function specOf({ enabled, personas, excluded, scheduled, seeded, channels, cyclic, model }: Wanted): object {
  return {
    enabled,
    excludePersonas: excluded,
    personas: personas.map((name) => ({
      name,
      systemPrompt: `You are ${name}.`,
      model,
      channels,
      ...(scheduled && { schedule: { type: 'heartbeat', interval: '45m', task: 'Look.' } }),
      ...(seeded && { memory: { enabled: true, seeds: ['s'] } }),
    })),
    ...(cyclic && { relationships: [{ source: 'a', target: 'a', type: 'delegation' }] }),
  };
}

type WithSpec = KubeObject & { spec: object };

function editAll(
  { store }: World,
  resource: typeof KINDS.SympoziumInstance | typeof KINDS.SympoziumSchedule,
  extra: object,
): void {
  for (const { object } of store.all(resource)) {
    store.update(resource, object, { ...object, spec: { ...(object as WithSpec).spec, ...extra } } as KubeObject);
  }
}

const MOVES: Record<Exclude<Move['what'], 'spec'>, (world: World) => void> = {
  suspended: (world) => editAll(world, KINDS.SympoziumSchedule, { suspend: true }),
  edited: (world) => editAll(world, KINDS.SympoziumInstance, { policyRef: 'mine', memory: { enabled: false } }),
  instancesGone: ({ store }) => {
    for (const { object } of store.all(KINDS.SympoziumInstance)) store.remove(KINDS.SympoziumInstance, object);
  },
  deleted: (world) => {
    const pack = read(world);
    if (pack !== undefined) world.store.remove(KINDS.PersonaPack, pack);
  },
};

function setSpec(world: World, next: Wanted): void {
  const pack = read(world);
  if (pack === undefined || pack.metadata.deletionTimestamp !== undefined) return;
  world.store.update(KINDS.PersonaPack, pack, { ...pack, spec: specOf(next) } as KubeObject);
}

function play(world: World, one: Move): void {
  if (one.what === 'spec') setSpec(world, one.wanted);
  else MOVES[one.what](world);
}

const countOf = ({ store }: World) => store.all(KINDS.SympoziumInstance).length;

const scenario: Scenario<Observed, typeof config, Move> = {
  reconciler: packReconciler,
  config,
  key: KEY,
  populate: ({ store }) => {
    store.create(KINDS.PersonaPack, {
      apiVersion: API_VERSION,
      kind: 'PersonaPack',
      metadata: { name: KEY.name, namespace: KEY.namespace },
      spec: { personas: [{ name: 'a', systemPrompt: 'You are a.' }] },
    } as KubeObject);
  },
  move,
  play,
  calm: () => undefined,
  check: () => undefined,
  checkEnd: (world) => {
    const pack = read(world);
    if (pack === undefined) {
      const left = world.store.all().filter(({ object }) => object.kind !== 'Event');
      expect(left.map(({ object }) => object.metadata.name)).toEqual([]);
      return;
    }
    const { enabled, relationships, excludePersonas = [], personas } = pack.spec;
    expect(pack.status?.conditions).toHaveLength(1);
    if (enabled !== true) {
      expect([countOf(world), world.store.all(CONFIG_MAPS).length]).toEqual([0, 0]);
      expect(pack.status?.phase).toBe('Inactive');
    } else if (relationships === undefined) {
      const names = new Set(personas.map(({ name }) => name).filter((name) => /^[a-z]$/.test(name)));
      for (const name of excludePersonas) names.delete(name);
      expect(countOf(world)).toBe(names.size);
    }
  },
};

it('the PersonaPack reconciler settles, replays, survives a cut after every write and is polite in all worlds', {
  timeout: 120_000,
}, async () => {
  await checkReconciler(scenario, { worlds: 1000 });
});
