import { beforeEach, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { FINALIZERS, LABELS } from '../../crds/labels.ts';
import {
  type SympoziumConfig,
  type SympoziumConfigInput,
  SympoziumConfigSpecSchema,
} from '../../crds/sympoziumconfig.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { GATEWAY_CLASSES, GATEWAYS } from '../../shared/kube/resources.ts';
import { type PassReport, reconcile } from '../../shared/reconcile/pass.ts';
import { answer } from '../../test/property/world/kube.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import type { Gateway } from './gateway.ts';
import { configReconciler } from './reconciler.ts';
import { configSignals } from './signals.ts';

const NAMESPACE = 'sympozium-system';
let world: World;
let reports: PassReport[];

beforeEach(() => {
  world = createWorld();
  reports = [];
});

type GatewaySpec = NonNullable<SympoziumConfigInput['spec']>['gateway'];
const TLS = { enabled: true, certManagerClusterIssuer: 'letsencrypt' };
const FULL: GatewaySpec = { enabled: true, baseDomain: 'agents.example', tls: TLS };

const specOf = (gateway: GatewaySpec) => SympoziumConfigSpecSchema.parse({ gateway });
function create(gateway: GatewaySpec, name = 'default', namespace = NAMESPACE): void {
  const object = { apiVersion: API_VERSION, kind: 'SympoziumConfig', metadata: { name, namespace } };
  world.store.create(KINDS.SympoziumConfig, { ...object, spec: specOf(gateway) } as KubeObject);
}
const change = (gateway: GatewaySpec, name = 'default') =>
  world.store.update(KINDS.SympoziumConfig, read(name), { ...read(name), spec: specOf(gateway) } as KubeObject);
const pass = (name = 'default', kube: Partial<World['kube']> = {}) =>
  reconcile(
    configReconciler,
    { namespace: NAMESPACE, name },
    {
      ...world,
      kube: { ...world.kube, ...kube },
      config: {},
      now: world.clock.now,
      report: (one) => void reports.push(one),
    },
    new AbortController().signal,
  );
const read = (name = 'default') => world.store.get(KINDS.SympoziumConfig, NAMESPACE, name) as SympoziumConfig;
const ready = () => read().status?.conditions?.find(({ type }) => type === 'Ready');
const gateway = (name = 'sympozium-gateway') => world.store.get(GATEWAYS, NAMESPACE, name) as Gateway | undefined;
const classes = () => world.store.all(GATEWAY_CLASSES).map(({ object }) => object.metadata.name);
function program(status = 'True', rest: object = {}): void {
  const current = gateway() as Gateway;
  const conditions = [{ type: 'Programmed', status, ...rest }];
  const addresses = [{ type: 'IPAddress', value: '192.0.2.7' }];
  world.store.update(GATEWAYS, current, { ...current, status: { conditions, addresses } } as KubeObject);
}
function foreignClass(name: string, labels: Record<string, string> = {}): KubeObject {
  const object = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', metadata: { name, labels } };
  return world.store.create(GATEWAY_CLASSES, {
    ...object,
    spec: { controllerName: 'their.example/one' },
  } as KubeObject);
}

describe('a SympoziumConfig', () => {
  it('becomes class and Gateway, Pending until that is programmed, then Ready with its address [CTL-138]', async () => {
    create(FULL);
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 30 });
    expect(classes()).toEqual(['sympozium']);
    expect(gateway()?.metadata.annotations).toMatchObject({ 'cert-manager.io/cluster-issuer': 'letsencrypt' });
    expect(gateway()?.spec.listeners).toMatchObject([
      { name: 'http', port: 80, protocol: 'HTTP' },
      {
        name: 'https',
        port: 443,
        hostname: '*.agents.example',
        tls: { certificateRefs: [{ name: 'sympozium-wildcard-cert' }] },
      },
    ]);
    expect(read().status).toMatchObject({ phase: 'Pending', gateway: { ready: false, listenerCount: 2 } });
    expect(ready()).toMatchObject({ status: 'False', reason: 'Pending' });
    program();
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status).toMatchObject({
      phase: 'Ready',
      gateway: { ready: true, address: '192.0.2.7', listenerCount: 2 },
    });
    expect(ready()).toMatchObject({ status: 'True', reason: 'Ready' });
  });

  it('takes Gateway and class away when it is disabled, and when it goes [CTL-139]', async () => {
    create(FULL);
    await pass();
    change({ enabled: false });
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect([gateway(), classes()]).toEqual([undefined, []]);
    expect(read().status).toMatchObject({ phase: 'Disabled' });
    expect(read().status?.gateway).toBeUndefined();
    change(FULL);
    await pass();
    expect(gateway()).toBeDefined();
    world.store.remove(KINDS.SympoziumConfig, read());
    await pass();
    expect([gateway(), classes(), read()]).toEqual([undefined, [], undefined]);
  });

  it('neither marks nor deletes a class that it did not make, even one with its label [CTL-WG1]', async () => {
    foreignClass('sympozium');
    foreignClass('adopted', { [LABELS.managedBy]: 'sympoziumconfig' });
    create(FULL);
    await pass();
    expect(world.store.get(GATEWAY_CLASSES, undefined, 'sympozium')?.metadata.labels).toEqual({});
    change({ enabled: false });
    await pass();
    expect(classes()).toEqual(['sympozium', 'adopted']);
  });

  it('leaves a class to the others that name it, and takes it away with the last of them [CTL-WG1]', async () => {
    create(FULL);
    create({ ...FULL, name: 'other' }, 'second');
    await pass();
    // The second has no Gateway yet.
    change({ enabled: false });
    await pass();
    expect(classes()).toEqual(['sympozium']);
    await pass('second');
    change({ enabled: false }, 'second');
    const theirs = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'x', namespace: 'a' },
    };
    const made = world.store.create(GATEWAYS, { ...theirs, spec: { gatewayClassName: 'sympozium' } } as KubeObject);
    await pass('second');
    expect(classes()).toEqual(['sympozium']);
    world.store.remove(GATEWAYS, made);
    await pass('second');
    expect(classes()).toEqual([]);
  });

  it('removes the Gateway and the class of an earlier name [CTL-WG2]', async () => {
    create(FULL);
    await pass();
    change({ ...FULL, name: 'newer', gatewayClassName: 'other' });
    await pass();
    await pass();
    expect(gateway()).toBeUndefined();
    expect(gateway('newer')).toBeDefined();
    expect(classes()).toEqual(['other']);
  });

  it('keeps annotations that others put on the Gateway, and takes back its own [CTL-WG2]', async () => {
    create(FULL);
    await pass();
    const current = gateway() as Gateway;
    const annotations = { ...current.metadata.annotations, theirs: 'x' };
    world.store.update(GATEWAYS, current, { ...current, metadata: { ...current.metadata, annotations } });
    change({ ...FULL, tls: { enabled: true } });
    await pass();
    expect(gateway()?.metadata.annotations).toMatchObject({ theirs: 'x' });
    expect(gateway()?.metadata.annotations).not.toHaveProperty(['cert-manager.io/cluster-issuer']);
  });

  it.each([
    [undefined, 'All'],
    ['Same' as const, 'Same'],
  ])(
    'takes routes of every namespace, in which runs are, unless told otherwise (%s) [CTL-WG2]',
    async (routesFrom, from) => {
      create({ ...FULL, ...(routesFrom && { routesFrom }) });
      await pass();
      for (const listener of gateway()?.spec.listeners ?? []) {
        expect(listener).toMatchObject({ allowedRoutes: { namespaces: { from } } });
      }
    },
  );

  it('puts right what somebody changed about the Gateway', async () => {
    create(FULL);
    await pass();
    const current = gateway() as Gateway;
    world.store.update(GATEWAYS, current, { ...current, spec: { ...current.spec, listeners: [] } } as KubeObject);
    await pass();
    expect(gateway()?.spec.listeners).toHaveLength(2);
  });

  it.each([
    ['not programmed', 'False', {}],
    ['programmed as it was before', 'True', { observedGeneration: 0 }],
  ])('is not ready with a Gateway that is %s', async (_what, status, rest) => {
    create(FULL);
    await pass();
    program(status, rest);
    await pass();
    expect(read().status?.phase).toBe('Pending');
  });

  it('says that the cluster has no Gateway API, and goes on once it has [CTL-138]', async () => {
    world.missing.add(GATEWAYS);
    create(FULL);
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 60 });
    expect(read().status?.phase).toBe('Error');
    expect(ready()).toMatchObject({ status: 'False', reason: 'GatewayAPIMissing' });
    world.missing.clear();
    await pass();
    expect(read().status?.phase).toBe('Pending');
  });

  it('can be disabled and deleted where there is no Gateway API', async () => {
    world.missing.add(GATEWAY_CLASSES);
    create({ enabled: false });
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status?.phase).toBe('Disabled');
    expect(read().metadata.finalizers).toEqual([FINALIZERS.sympoziumConfig]);
    world.store.remove(KINDS.SympoziumConfig, read());
    await pass();
    expect(read()).toBeUndefined();
  });

  it('leaves alone a Gateway of something else, and says so', async () => {
    const metadata = { name: 'sympozium-gateway', namespace: NAMESPACE };
    const theirs = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata,
      spec: { gatewayClassName: 'x' },
    };
    world.store.create(GATEWAYS, theirs as KubeObject);
    create(FULL);
    await pass();
    expect(gateway()?.spec).toEqual({ gatewayClassName: 'x' });
    expect(ready()).toMatchObject({ status: 'False', reason: 'NameTaken' });
  });

  it.each<[GatewaySpec, string]>([
    [{ enabled: true, name: 'Gate Way' }, '`gateway.name`'],
    [{ enabled: true, name: '' }, '`gateway.name`'],
    [{ enabled: true, gatewayClassName: '/' }, '`gateway.gatewayClassName`'],
    [{ enabled: true, baseDomain: '*.x' }, '`gateway.baseDomain`'],
    [{ enabled: true, tls: { enabled: true, secretName: '..' } }, '`gateway.tls.secretName`'],
  ])('says which field of %j cannot be, and makes nothing', async (spec, field) => {
    create(spec);
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(ready()).toMatchObject({ reason: 'InvalidSpec', message: expect.stringContaining(field) });
    expect(world.store.all(GATEWAYS)).toEqual([]);
  });

  it('says that HTTPS needs a domain', async () => {
    create({ enabled: true, tls: { enabled: true } });
    await pass();
    expect(gateway()?.spec.listeners.map(({ name }) => name)).toEqual(['http']);
    expect(ready()?.message).toContain('HTTPS is not served: `gateway.baseDomain` is not set');
  });

  it('says so in the words of the API server when the Gateway is refused', async () => {
    create(FULL);
    const apply = async () => Promise.reject(answer(422, 'Invalid', 'spec.listeners: too many'));
    expect(await pass('default', { apply })).toEqual({ outcome: 'requeueAfter', seconds: 300 });
    expect(read().status?.phase).toBe('Error');
    expect(ready()).toMatchObject({ reason: 'Refused', message: 'Gateway: spec.listeners: too many' });
  });

  it('measures readiness as a gauge, which falls again [CTL-WG3]', async () => {
    const measured = () =>
      configSignals(reports.at(-1) as PassReport).measurements?.map(({ kind, value }) => [kind, value]);
    create(FULL);
    await pass();
    expect(measured()).toEqual([['gauge', 0]]);
    program();
    await pass();
    expect(measured()).toEqual([['gauge', 1]]);
    await pass();
    expect(measured()).toEqual([['gauge', 1]]);
    program('False');
    await pass();
    expect(measured()).toEqual([['gauge', 0]]);
  });
});
