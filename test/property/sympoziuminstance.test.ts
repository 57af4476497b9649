import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { Deployment } from '../../functions/reconcile-sympoziuminstance/channel-deployment.ts';
import { loadInstanceConfig } from '../../functions/reconcile-sympoziuminstance/config.ts';
import type { Observed } from '../../functions/reconcile-sympoziuminstance/observed.ts';
import { instanceReconciler } from '../../functions/reconcile-sympoziuminstance/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { DEPLOYMENTS, SECRETS } from '../../shared/kube/resources.ts';
import { checkReconciler, type Scenario } from './harness.ts';
import type { World } from './world/world.ts';

const KEY = { namespace: 'team', name: 'inst' };
const config = loadInstanceConfig({});

type Move =
  | { what: 'spec'; channels: string[]; memory: boolean; skills: string[] }
  | { what: 'secret' | 'podsReady' | 'podsLost' | 'runStarts' | 'runsEnd' | 'webFails' | 'deleted' | 'edited' }
  | { what: 'time'; seconds: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({
    what: fc.constant('spec' as const),
    channels: fc.subarray(['telegram', 'slack', 'whatsapp', 'pigeon', 'telegram']),
    memory: fc.boolean(),
    skills: fc.subarray(['memory', 'web-endpoint', 'ops']),
  }),
  fc.record({
    what: fc.constantFrom('secret', 'podsReady', 'podsLost', 'runStarts', 'runsEnd', 'webFails', 'edited'),
  }) as fc.Arbitrary<Move>,
  { weight: 1, arbitrary: fc.constant<Move>({ what: 'deleted' }) },
  fc.record({ what: fc.constant('time' as const), seconds: fc.constantFrom(5, 70, 700) }),
);

const metadata = (name: string, labels: Record<string, string> = {}) => ({ name, namespace: KEY.namespace, labels });
const read = ({ store }: World) =>
  store.get(KINDS.SympoziumInstance, KEY.namespace, KEY.name) as SympoziumInstance | undefined;

function setSpec(world: World, spec: object): void {
  const current = read(world);
  if (current === undefined || current.metadata.deletionTimestamp !== undefined) return;
  const next = { ...current, spec: { agents: { default: { model: 'small' } }, ...spec } };
  world.store.update(KINDS.SympoziumInstance, current, next as KubeObject);
}

function updateAll(
  { store }: World,
  resource: typeof DEPLOYMENTS,
  change: (object: KubeObject) => object | undefined,
): void {
  for (const { object } of store.all(resource)) {
    const next = change(object);
    if (next !== undefined) store.update(resource, object, { ...object, ...next });
  }
}

function createSecret({ store }: World): void {
  if (store.get(SECRETS, KEY.namespace, 'key') !== undefined) return;
  store.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: metadata('key') });
}

function startRun({ store }: World): void {
  if (store.get(KINDS.AgentRun, KEY.namespace, 'run') !== undefined) return;
  store.create(KINDS.AgentRun, {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: metadata('run', { [LABELS.instance]: KEY.name }),
    spec: { instanceRef: KEY.name },
    status: { phase: 'Running' },
  } as KubeObject);
}

const MOVES: Record<Exclude<Move['what'], 'time' | 'spec'>, (world: World) => void> = {
  secret: createSecret,
  podsReady: (world) => updateAll(world, DEPLOYMENTS, () => ({ status: { readyReplicas: 1 } })),
  podsLost: (world) => updateAll(world, DEPLOYMENTS, () => ({ status: { readyReplicas: 0 } })),
  edited: (world) =>
    updateAll(world, DEPLOYMENTS, (object) => ({ spec: { ...(object as Deployment).spec, replicas: 0 } })),
  runStarts: startRun,
  runsEnd: (world) => updateAll(world, KINDS.AgentRun, () => ({ status: { phase: 'Succeeded' } })),
  webFails: (world) =>
    updateAll(world, KINDS.AgentRun, () => ({
      status: { phase: 'Failed', completedAt: world.clock.now().toISOString() },
    })),
  deleted: (world) => {
    const current = read(world);
    if (current !== undefined) world.store.remove(KINDS.SympoziumInstance, current);
  },
};

function play(world: World, one: Move): void {
  if (one.what === 'time') world.clock.advance(one.seconds);
  else if (one.what === 'spec') {
    setSpec(world, {
      channels: one.channels.map((type) => ({ type, configRef: { secret: 'key' } })),
      memory: { enabled: one.memory, maxSizeKB: 256 },
      skills: one.skills.map((skillPackRef) => ({ skillPackRef })),
    });
  } else MOVES[one.what](world);
}

const scenario: Scenario<Observed, typeof config, Move> = {
  reconciler: instanceReconciler,
  config,
  key: KEY,
  populate: ({ store }) => {
    store.create(KINDS.SympoziumInstance, {
      apiVersion: API_VERSION,
      kind: 'SympoziumInstance',
      metadata: metadata(KEY.name),
      spec: { agents: { default: { model: 'small' } } },
    } as KubeObject);
  },
  move,
  play,
  // What is wrong with a reference is looked at again for as long as it is wrong.
  calm: (world) => {
    createSecret(world);
    const { skills = [], channels = [], ...spec } = read(world)?.spec ?? {};
    setSpec(world, {
      ...spec,
      skills: skills.filter(({ skillPackRef }) => skillPackRef !== 'ops'),
      channels: channels.filter(
        ({ type }, at) => type !== 'pigeon' && channels.findIndex((c) => c.type === type) === at,
      ),
    });
  },
  check: ({ store }) => {
    const deployments = store.all(DEPLOYMENTS).map(({ object }) => object.metadata.name);
    expect(deployments.filter((name) => /pigeon|-$/.test(name))).toEqual([]);
  },
  checkEnd: (world) => {
    const instance = read(world);
    const left = [...world.store.all(DEPLOYMENTS), ...world.store.all(KINDS.AgentRun)];
    if (instance === undefined) {
      expect(left.filter(({ object }) => object.metadata.name !== 'run')).toEqual([]);
      return;
    }
    expect(instance.status?.conditions).toMatchObject([{ type: 'Ready', status: 'True' }]);
    expect(instance.status?.channels?.length ?? 0).toBe(world.store.all(DEPLOYMENTS).length);
  },
};

it('the SympoziumInstance reconciler settles, replays, survives a cut after every write and is polite in all worlds', {
  timeout: 120_000,
}, async () => {
  await checkReconciler(scenario, { worlds: 1000 });
});
