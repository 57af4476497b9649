import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { SkillPack } from '../../crds/skillpack.ts';
import type { ConfigMap } from '../../functions/reconcile-skillpack/config-map.ts';
import type { Observed } from '../../functions/reconcile-skillpack/observed.ts';
import { skillPackReconciler } from '../../functions/reconcile-skillpack/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import { checkReconciler, type Scenario } from './harness.ts';
import type { World } from './world/world.ts';

const KEY = { namespace: 'team', name: 'pack' };

type Move =
  | { what: 'skills'; names: string[]; text: string }
  | { what: 'sidecar'; mountPaths: string[] }
  | { what: 'foreign' | 'foreignGone' | 'edited' | 'unlabelled' | 'lost' | 'deleted' }
  | { what: 'time'; seconds: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('skills' as const),
      names: fc.subarray(['a', 'b', 'a', 'x/y', '..', 'long-one']),
      text: fc.constantFrom('', 'Do.', '# More\n'),
    }),
  },
  fc.record({ what: fc.constant('sidecar' as const), mountPaths: fc.subarray(['/a', '/b', '/a', 'c']) }),
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom('foreign', 'foreignGone', 'edited', 'unlabelled', 'lost'),
    }) as fc.Arbitrary<Move>,
  },
  fc.constant<Move>({ what: 'deleted' }),
  fc.record({ what: fc.constant('time' as const), seconds: fc.constantFrom(5, 400) }),
);

const read = ({ store }: World) => store.get(KINDS.SkillPack, KEY.namespace, KEY.name) as SkillPack | undefined;
const configMap = ({ store }: World) => store.get(CONFIG_MAPS, KEY.namespace, KEY.name) as ConfigMap | undefined;
const isForeign = (one: ConfigMap | undefined): one is ConfigMap => one?.data?.['theirs'] !== undefined;

function setSpec(world: World, spec: object): void {
  const current = read(world);
  if (current === undefined || current.metadata.deletionTimestamp !== undefined) return;
  world.store.update(KINDS.SkillPack, current, { ...current, spec: { ...current.spec, ...spec } } as KubeObject);
}

function editOwn(world: World, edit: (own: ConfigMap) => ConfigMap | undefined): void {
  const own = configMap(world);
  if (own === undefined || isForeign(own)) return;
  const next = edit(own);
  if (next === undefined) world.store.remove(CONFIG_MAPS, own);
  else world.store.update(CONFIG_MAPS, own, next);
}

const MOVES: Record<Exclude<Move['what'], 'skills' | 'sidecar' | 'time'>, (world: World) => void> = {
  foreign: (world) => {
    if (configMap(world) !== undefined) return;
    const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...KEY }, data: { theirs: 'x' } };
    world.store.create(CONFIG_MAPS, theirs as KubeObject);
  },
  foreignGone: (world) => {
    const found = configMap(world);
    if (isForeign(found)) world.store.remove(CONFIG_MAPS, found);
  },
  edited: (world) => editOwn(world, (own) => ({ ...own, data: { ...own.data, 'evil.md': 'x' } })),
  unlabelled: (world) => editOwn(world, (own) => ({ ...own, metadata: { ...own.metadata, labels: {} } })),
  lost: (world) => editOwn(world, () => undefined),
  deleted: (world) => {
    const current = read(world);
    if (current !== undefined) world.store.remove(KINDS.SkillPack, current);
  },
};

function play(world: World, one: Move): void {
  if (one.what === 'time') world.clock.advance(one.seconds);
  else if (one.what === 'skills') setSpec(world, { skills: one.names.map((name) => ({ name, content: one.text })) });
  else if (one.what === 'sidecar') {
    const mounts = one.mountPaths.map((mountPath) => ({ hostPath: '/', mountPath }));
    setSpec(world, { sidecar: { image: 'x', hostAccess: { enabled: true, mounts } } });
  } else MOVES[one.what](world);
}

let foreign: ConfigMap | undefined;

const scenario: Scenario<Observed, object, Move> = {
  reconciler: skillPackReconciler,
  config: {},
  key: KEY,
  populate: ({ store }) => {
    store.create(KINDS.SkillPack, {
      apiVersion: API_VERSION,
      kind: 'SkillPack',
      metadata: { ...KEY },
      spec: { skills: [{ name: 'a', content: 'Do a.' }] },
    } as KubeObject);
  },
  move,
  play: (world, one) => {
    play(world, one);
    const found = configMap(world);
    foreign = isForeign(found) ? found : undefined;
  },
  calm: (world) => {
    play(world, { what: 'foreignGone' });
    foreign = undefined;
  },
  // What is somebody else's is never touched.
  check: (world) => {
    if (foreign !== undefined) expect(configMap(world)).toEqual(foreign);
  },
  checkEnd: (world) => {
    const pack = read(world);
    if (pack === undefined) {
      expect(configMap(world)).toBeUndefined();
      return;
    }
    const condition = pack.status?.conditions?.find(({ type }) => type === 'Ready');
    if (condition?.status !== 'True') {
      expect(condition?.reason).toMatch(/^Invalid(Skill|Sidecar)$/);
      return;
    }
    expect(Object.keys(configMap(world)?.data ?? {})).toEqual(pack.spec.skills.map(({ name }) => `${name}.md`));
    expect(configMap(world)?.metadata.labels?.[LABELS.skillPack]).toBe(KEY.name);
  },
};

it('the SkillPack reconciler settles, replays, survives a cut after every write and is polite in all worlds [CTL-WK1] [CTL-WK3]', {
  timeout: 120_000,
}, async () => {
  await checkReconciler(scenario, { worlds: 1000 });
});
