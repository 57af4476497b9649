import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { type SympoziumConfig, SympoziumConfigSpecSchema } from '../../crds/sympoziumconfig.ts';
import type { Gateway } from '../../functions/reconcile-sympoziumconfig/gateway.ts';
import type { Observed } from '../../functions/reconcile-sympoziumconfig/observed.ts';
import { configReconciler } from '../../functions/reconcile-sympoziumconfig/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { GATEWAY_CLASSES, GATEWAYS } from '../../shared/kube/resources.ts';
import { checkReconciler, type Scenario } from './harness.ts';
import type { World } from './world/world.ts';

const KEY = { namespace: 'system', name: 'default' };

type Move =
  | { what: 'spec'; enabled: boolean; name: string; className: string; domain: string; tls: boolean }
  | {
      what:
        | 'programmed'
        | 'lost'
        | 'edited'
        | 'uninstalled'
        | 'installed'
        | 'foreignGateway'
        | 'foreignClass'
        | 'deleted';
    }
  | { what: 'time'; seconds: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('spec' as const),
      enabled: fc.boolean(),
      name: fc.constantFrom('gate', 'other', 'No Name'),
      className: fc.constantFrom('ours', 'theirs'),
      domain: fc.constantFrom('', 'agents.example'),
      tls: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constantFrom(
        'programmed',
        'lost',
        'edited',
        'uninstalled',
        'installed',
        'foreignGateway',
        'foreignClass',
      ),
    }) as fc.Arbitrary<Move>,
  },
  fc.constant<Move>({ what: 'deleted' }),
  fc.record({ what: fc.constant('time' as const), seconds: fc.constantFrom(10, 100) }),
);

const read = ({ store }: World) =>
  store.get(KINDS.SympoziumConfig, KEY.namespace, KEY.name) as SympoziumConfig | undefined;
const gatewaysOf = ({ store }: World) => store.all(GATEWAYS).map(({ object }) => object as Gateway);
const isTheirs = ({ metadata }: KubeObject): boolean => metadata.annotations?.['theirs'] !== undefined;
const specOf = (gateway: object) => SympoziumConfigSpecSchema.parse({ gateway });

function setSpec(world: World, gateway: object): void {
  const current = read(world);
  if (current === undefined || current.metadata.deletionTimestamp !== undefined) return;
  world.store.update(KINDS.SympoziumConfig, current, { ...current, spec: specOf(gateway) } as KubeObject);
}

function updateOwn(world: World, change: (one: Gateway) => object): void {
  for (const one of gatewaysOf(world)) {
    if (!isTheirs(one)) world.store.update(GATEWAYS, one, { ...one, ...change(one) } as KubeObject);
  }
}

const programmed = (world: World) =>
  updateOwn(world, () => ({
    status: { conditions: [{ type: 'Programmed', status: 'True' }], addresses: [{ value: '192.0.2.7' }] },
  }));

const MOVES: Record<Exclude<Move['what'], 'spec' | 'time'>, (world: World) => void> = {
  programmed,
  lost: (world) => updateOwn(world, () => ({ status: { conditions: [{ type: 'Programmed', status: 'False' }] } })),
  edited: (world) => updateOwn(world, ({ spec }) => ({ spec: { ...spec, listeners: [] } })),
  uninstalled: ({ missing, store }) => {
    for (const resource of [GATEWAYS, GATEWAY_CLASSES]) {
      missing.add(resource);
      for (const { object } of store.all(resource)) store.remove(resource, object);
    }
  },
  installed: ({ missing }) => missing.clear(),
  foreignGateway: ({ missing, store }) => {
    if (missing.size > 0 || store.get(GATEWAYS, KEY.namespace, 'other') !== undefined) return;
    const metadata = { name: 'other', namespace: KEY.namespace, annotations: { theirs: 'x' } };
    const object = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata,
      spec: { gatewayClassName: 'elsewhere' },
    };
    store.create(GATEWAYS, object as KubeObject);
  },
  foreignClass: ({ missing, store }) => {
    if (missing.size > 0 || store.get(GATEWAY_CLASSES, undefined, 'theirs') !== undefined) return;
    const metadata = {
      name: 'theirs',
      annotations: { theirs: 'x' },
      labels: { 'sympozium.ai/managed-by': 'sympoziumconfig' },
    };
    store.create(GATEWAY_CLASSES, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata,
      spec: {},
    } as KubeObject);
  },
  deleted: (world) => {
    const current = read(world);
    if (current !== undefined) world.store.remove(KINDS.SympoziumConfig, current);
  },
};

function play(world: World, one: Move): void {
  if (one.what === 'time') world.clock.advance(one.seconds);
  else if (one.what === 'spec') {
    const { enabled, name, className, domain, tls } = one;
    setSpec(world, { enabled, name, gatewayClassName: className, baseDomain: domain, tls: { enabled: tls } });
  } else MOVES[one.what](world);
}

/** Worlds in which the controller of Gateways is at work: it programs each as soon as it is there. */
const calmed = new WeakSet<World>();

const scenario: Scenario<Observed, object, Move> = {
  reconciler: configReconciler,
  config: {},
  key: KEY,
  populate: ({ store }) => {
    const object = { apiVersion: API_VERSION, kind: 'SympoziumConfig', metadata: { ...KEY } };
    store.create(KINDS.SympoziumConfig, { ...object, spec: specOf({ enabled: false }) } as KubeObject);
  },
  move,
  play: (world, one) => {
    const theirs = gatewaysOf(world).filter(isTheirs);
    play(world, one);
    if (one.what !== 'uninstalled') expect(gatewaysOf(world)).toEqual(expect.arrayContaining(theirs));
  },
  // Somebody else programs the Gateway, and gives the name free.
  calm: (world) => {
    calmed.add(world);
    programmed(world);
    world.missing.clear();
    for (const one of gatewaysOf(world)) if (isTheirs(one)) world.store.remove(GATEWAYS, one);
  },
  check: (world) => {
    if (calmed.has(world)) programmed(world);
  },
  checkEnd: (world) => {
    const config = read(world);
    const own = gatewaysOf(world);
    const classes = world.store.all(GATEWAY_CLASSES).map(({ object }) => object);
    if (config === undefined) {
      expect(own).toEqual([]);
      expect(classes.filter((one) => !isTheirs(one))).toEqual([]);
      return;
    }
    expect(config.status?.phase).toMatch(/^(Ready|Disabled|Error)$/);
    if (config.status?.phase === 'Ready')
      expect(own.map(({ metadata }) => metadata.name)).toEqual([config.spec.gateway?.name]);
    if (config.status?.phase === 'Disabled') expect(own).toEqual([]);
  },
};

it('the SympoziumConfig reconciler settles, replays, survives a cut after every write and is polite in all worlds [CTL-WG1] [CTL-WG2]', {
  timeout: 120_000,
}, async () => {
  await checkReconciler(scenario, { worlds: 1000 });
});
