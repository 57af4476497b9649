import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS, SYSTEM_NAMESPACE } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import { runSignals } from '../../functions/reconcile-agentrun/signals.ts';
import { isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';
import { CLUSTER_ROLES, DEPLOYMENTS, HTTP_ROUTES, PODS, SECRETS, SERVICES } from '../../shared/kube/resources.ts';
import { type PassReport, reconcile } from '../../shared/reconcile/pass.ts';
import { RUN_KEY, runIn } from './agentrun-world.ts';
import { checkReconciler, type Scenario } from './harness.ts';
import { createWorld, type World } from './world/world.ts';

// Lives are compared with each other, so their dice fall alike.
vi.mock('node:crypto', async (original) => ({
  ...(await original<typeof import('node:crypto')>()),
  randomBytes: (length: number) => Buffer.alloc(length, 7),
}));

const config = loadRunConfig({});
const { namespace } = RUN_KEY;
const RULES = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
const SERVES = {
  image: 'proxy:1',
  requiresServer: true,
  ports: [{ name: 'web', containerPort: 9000, protocol: 'TCP' }],
  rbac: RULES,
  clusterRBAC: RULES,
};

type Json = Record<string, unknown>;

function populateServer({ store }: World, { sidecar = SERVES, params = {} }: { sidecar?: object; params?: Json } = {}) {
  const object = (kind: 'SkillPack' | 'SympoziumInstance' | 'AgentRun', name: string, spec: Json) =>
    store.create(KINDS[kind], { apiVersion: API_VERSION, kind, metadata: { name, namespace }, spec } as KubeObject);
  object('SympoziumInstance', 'inst', { agents: { default: { model: 'small' } } });
  object('SkillPack', 'web', { skills: [], sidecar });
  object('AgentRun', RUN_KEY.name, {
    instanceRef: 'inst',
    agentId: 'web-endpoint',
    sessionKey: '',
    task: 'Serve.',
    cleanup: 'delete',
    mode: 'server',
    model: { provider: 'openai', model: 'small', authSecretRef: '' },
    skills: [{ skillPackRef: 'web', params }],
  });
}

function setGateway({ store }: World, { ready, domain = 'agents.example' }: { ready: boolean; domain?: string }) {
  const at = { name: 'default', namespace: SYSTEM_NAMESPACE };
  const object = {
    apiVersion: API_VERSION,
    kind: 'SympoziumConfig',
    metadata: at,
    spec: { gateway: { enabled: true, baseDomain: domain } },
    status: { gateway: { ready } },
  } as KubeObject;
  const before = store.get(KINDS.SympoziumConfig, at.namespace, at.name);
  if (before === undefined) store.create(KINDS.SympoziumConfig, object);
  else store.update(KINDS.SympoziumConfig, before, { ...before, ...object, metadata: before.metadata });
}

type Plain =
  | 'podReady'
  | 'podLost'
  | 'deploymentEdited'
  | 'deploymentDeleted'
  | 'serviceDeleted'
  | 'packGone'
  | 'instanceGone'
  | 'gatewayReady'
  | 'gatewayLost'
  | 'foreignService'
  | 'cancelled'
  | 'deleted';
type Move = { what: Plain } | { what: 'pack'; image: string } | { what: 'time'; seconds: number };

const plain = (...what: Plain[]) => fc.constantFrom(...what).map((one): Move => ({ what: one }));
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: plain('podReady', 'podLost', 'gatewayReady', 'gatewayLost') },
  { weight: 4, arbitrary: plain('deploymentEdited', 'serviceDeleted') },
  { weight: 2, arbitrary: plain('deploymentDeleted', 'packGone', 'instanceGone', 'foreignService') },
  { weight: 1, arbitrary: plain('cancelled', 'deleted') },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('pack' as const), image: fc.constantFrom('proxy:1', 'proxy:2') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('time' as const), seconds: fc.constantFrom(5, 20, 100) }),
  },
);

function play(world: World, one: Move): void {
  const { store, clock } = world;
  const named = (resource: typeof SERVICES, name: string) => store.get(resource, namespace, name);
  const change = (resource: typeof SERVICES, object: KubeObject | undefined, to: Json) => {
    if (object !== undefined) store.update(resource, object, { ...object, ...to });
  };
  const remove = (resource: typeof SERVICES, object: KubeObject | undefined) => {
    if (object !== undefined) store.remove(resource, object);
  };
  const deployment = named(DEPLOYMENTS, 'run-1-server') as (KubeObject & { spec: Json }) | undefined;
  const run = runIn(world);
  if (one.what === 'time') clock.advance(one.seconds);
  else if (one.what === 'pack') {
    change(KINDS.SkillPack, named(KINDS.SkillPack, 'web'), {
      spec: { skills: [], sidecar: { ...SERVES, image: one.image } },
    });
  } else if (one.what === 'podReady') change(DEPLOYMENTS, deployment, { status: { readyReplicas: 1 } });
  else if (one.what === 'podLost') change(DEPLOYMENTS, deployment, { status: {} });
  else if (one.what === 'deploymentEdited')
    change(DEPLOYMENTS, deployment, { spec: { ...deployment?.spec, replicas: 0 } });
  else if (one.what === 'deploymentDeleted') remove(DEPLOYMENTS, deployment);
  else if (one.what === 'serviceDeleted') remove(SERVICES, named(SERVICES, 'run-1-server'));
  else if (one.what === 'packGone') remove(KINDS.SkillPack, named(KINDS.SkillPack, 'web'));
  else if (one.what === 'instanceGone') remove(KINDS.SympoziumInstance, named(KINDS.SympoziumInstance, 'inst'));
  else if (one.what === 'gatewayReady' || one.what === 'gatewayLost') {
    setGateway(world, { ready: one.what === 'gatewayReady' });
  } else if (one.what === 'foreignService') {
    remove(SERVICES, named(SERVICES, 'run-1-server'));
    store.create(SERVICES, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'run-1-server', namespace } });
  } else if (one.what === 'deleted') remove(KINDS.AgentRun, run);
  else change(KINDS.AgentRun, run, { spec: { ...run?.spec, cancel: true } });
}

const made = ({ store }: World): string[] =>
  store.all().flatMap(({ object }) => {
    const isForeign = object.kind === 'Service' && (object.metadata.ownerReferences ?? []).length === 0;
    const counts = ['Deployment', 'Service', 'HTTPRoute', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'];
    return counts.includes(object.kind) && !isForeign ? [object.kind] : [];
  });

const scenario: Scenario<Parameters<typeof agentRunReconciler.plan>[0], typeof config, Move> = {
  reconciler: agentRunReconciler,
  config,
  key: RUN_KEY,
  populate: (world) => populateServer(world),
  move,
  play,
  // A server has no end of its own.
  calm: (world) => play(world, { what: 'cancelled' }),
  check({ bus }) {
    expect(bus.published().filter(({ id }) => id.endsWith('-terminal')).length).toBeLessThanOrEqual(1);
  },
  checkEnd(world) {
    expect(made(world)).toEqual([]);
    const run = runIn(world);
    if (run === undefined) return;
    expect(run.status?.phase).toBe('Failed');
    expect(run.metadata.labels?.[LABELS.finished]).toBe('true');
    expect(world.bus.published()).toHaveLength(1);
  },
};

/** A world with a run in server mode, after its first pass. */
async function aServer(parts: Parameters<typeof populateServer>[1] = {}, prepare: (world: World) => void = () => {}) {
  const world = createWorld();
  populateServer(world, parts);
  prepare(world);
  const counted: [string, number][] = [];
  const report = (one: PassReport) => {
    for (const { name, value } of runSignals(one).measurements ?? [])
      counted.push([name.split('.').slice(1).join('.'), value]);
  };
  const pass = async () => {
    const dependencies = { ...world, config, now: world.clock.now, report };
    const reply = await reconcile(agentRunReconciler, RUN_KEY, dependencies, new AbortController().signal);
    world.collect();
    return reply;
  };
  await pass();
  const get = (resource: typeof SERVICES, name = 'run-1-server') =>
    world.store.get(resource, namespace, name) as (KubeObject & { spec: Json; data?: Json }) | undefined;
  return {
    world,
    pass,
    get,
    run: () => runIn(world) as AgentRun,
    async after(one: Move) {
      play(world, one);
      await pass();
      return runIn(world)?.status;
    },
    counted,
    condition: () => runIn(world)?.status?.conditions?.[0],
  };
}

describe('a run in server mode', () => {
  it('settles, replays, survives a cut after every write, is polite, and leaves nothing behind in all worlds [RUN-W40]', async () => {
    await checkReconciler(scenario, { worlds: 1000 });
  });

  it('becomes a Deployment with a key from a Secret and a Service with the ports of its pack, and is Serving [RUN-105] [RUN-107]', async () => {
    const { get, run } = await aServer({ params: { rate_limit_rpm: '30', theme: 'dark' } });
    expect(run().status).toMatchObject({
      phase: 'Serving',
      deploymentName: 'run-1-server',
      serviceName: 'run-1-server',
    });
    expect(get(DEPLOYMENTS)?.spec).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              name: 'web-proxy',
              env: [
                { name: 'INSTANCE_NAME', value: 'inst' },
                {
                  name: 'WEB_PROXY_API_KEY',
                  valueFrom: { secretKeyRef: { name: 'inst-web-proxy-key', key: 'api-key' } },
                },
                { name: 'RATE_LIMIT_RPM', value: '30' },
                { name: 'SKILL_RATE_LIMIT_RPM', value: '30' },
                { name: 'SKILL_THEME', value: 'dark' },
              ],
            },
          ],
        },
      },
    });
    expect(get(SERVICES)?.spec['ports']).toEqual([{ name: 'web', port: 9000, targetPort: 9000, protocol: 'TCP' }]);
    const key = Buffer.from(String(get(SECRETS, 'inst-web-proxy-key')?.data?.['api-key']), 'base64').toString();
    expect(key).toMatch(/^sk-[0-9a-f]{48}$/);
  });

  it('keeps a key that is there, and makes none where a parameter names a Secret [RUN-107]', async () => {
    const mine = { apiVersion: 'v1', kind: 'Secret', data: { 'api-key': 'bWluZQ==' } };
    const kept = await aServer({}, ({ store }) =>
      store.create(SECRETS, { ...mine, metadata: { name: 'inst-web-proxy-key', namespace } } as KubeObject),
    );
    expect(kept.get(SECRETS, 'inst-web-proxy-key')?.data).toEqual(mine.data);
    const given = await aServer({ params: { auth_secret_ref: 'mine' } }, ({ store }) =>
      store.create(SECRETS, { ...mine, metadata: { name: 'mine', namespace } } as KubeObject),
    );
    expect(given.world.store.created('Secret')).toHaveLength(1);
    expect(JSON.stringify(given.get(DEPLOYMENTS))).toContain('"secretKeyRef":{"name":"mine","key":"api-key"}');
  });

  it('fails for a Secret that a parameter names and nobody made, once its grace is over', async () => {
    const one = await aServer({ params: { auth_secret_ref: 'mine' } });
    expect(one.run().status?.phase).toBeUndefined();
    await one.after({ what: 'time', seconds: 20 });
    expect(one.condition()).toMatchObject({ reason: 'SecretNotFound' });
  });

  it('lets the key of its instance outlive it, so that the next server has the same [RUN-W40]', async () => {
    const one = await aServer();
    await one.after({ what: 'deleted' });
    expect(one.get(DEPLOYMENTS)).toBeUndefined();
    expect(one.get(SECRETS, 'inst-web-proxy-key')?.metadata.ownerReferences).toMatchObject([
      { kind: 'SympoziumInstance', name: 'inst' },
    ]);
  });

  it('fails when no skill serves, grants nothing, and makes nothing [RUN-106]', async () => {
    const one = await aServer({ sidecar: { image: 'tool:1', rbac: RULES, clusterRBAC: RULES } });
    expect(one.run().status).toMatchObject({
      phase: 'Failed',
      error: 'no sidecar with requiresServer=true found',
    });
    expect(made(one.world)).toEqual([]);
  });

  it('has its first port probed, and a limit that is no less than what its pack asks for [RUN-W40]', async () => {
    const one = await aServer({ sidecar: { ...SERVES, resources: { cpu: '2', memory: '64Mi' } } });
    expect(one.get(DEPLOYMENTS)?.spec).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              readinessProbe: { httpGet: { path: '/healthz', port: 9000 } },
              livenessProbe: { httpGet: { path: '/healthz', port: 9000 } },
              resources: { requests: { cpu: '2', memory: '64Mi' }, limits: { cpu: '2', memory: '256Mi' } },
            },
          ],
        },
      },
    });
  });

  it('is routed to its own host once the gateway is ready, and by the name of its skill where that has one [RUN-108] [RUN-W40]', async () => {
    const one = await aServer({}, (world) => setGateway(world, { ready: false }));
    await one.after({ what: 'podReady' });
    expect(one.get(HTTP_ROUTES, 'run-1-web')).toBeUndefined();
    expect(one.condition()).toMatchObject({ status: 'Unknown', reason: 'GatewayNotReady' });
    await one.after({ what: 'gatewayReady' });
    expect(one.get(HTTP_ROUTES, 'run-1-web')?.spec).toEqual({
      parentRefs: [{ name: 'sympozium-gateway', namespace: SYSTEM_NAMESPACE }],
      hostnames: ['inst.agents.example'],
      rules: [{ backendRefs: [{ name: 'run-1-server', port: 9000 }] }],
    });
    expect(one.condition()).toMatchObject({
      reason: 'Serving',
      message: 'The server takes requests at inst.agents.example',
    });
    setGateway(one.world, { ready: true, domain: 'new.example' });
    await one.pass();
    expect(one.get(HTTP_ROUTES, 'run-1-web')?.spec['hostnames']).toEqual(['inst.new.example']);
    setGateway(one.world, { ready: true, domain: '' });
    await one.pass();
    expect(one.get(HTTP_ROUTES, 'run-1-web')).toBeUndefined();
    const named = await aServer({ params: { hostname: 'own.example' } }, (world) => setGateway(world, { ready: true }));
    expect(named.get(HTTP_ROUTES, 'run-1-web')?.spec['hostnames']).toEqual(['own.example']);
  });

  it('fails, and takes down the rest, when its Deployment is taken away [RUN-109]', async () => {
    const one = await aServer();
    expect(await one.after({ what: 'deploymentDeleted' })).toMatchObject({
      phase: 'Failed',
      error: 'server Deployment not found',
      conditions: [{ reason: 'ServerNotFound' }],
    });
    expect(made(one.world)).toEqual([]);
  });

  it('has its Service and its Deployment put right, and follows its pack [RUN-W40]', async () => {
    const one = await aServer();
    await one.after({ what: 'serviceDeleted' });
    expect(isControlledBy(one.get(SERVICES) as KubeObject, one.run())).toBe(true);
    await one.after({ what: 'deploymentEdited' });
    expect(one.get(DEPLOYMENTS)?.spec['replicas']).toBe(1);
    await one.after({ what: 'pack', image: 'proxy:2' });
    expect(JSON.stringify(one.get(DEPLOYMENTS))).toContain('"image":"proxy:2"');
    await one.after({ what: 'packGone' });
    expect(JSON.stringify(one.get(DEPLOYMENTS))).toContain('"image":"proxy:2"');
    expect(one.run().status?.phase).toBe('Serving');
  });

  it('is given the rights of the pack that serves, and loses them when it ends, whatever ends it', async () => {
    const one = await aServer();
    expect(one.world.store.all(CLUSTER_ROLES)).toHaveLength(1);
    await one.after({ what: 'cancelled' });
    expect(one.condition()).toMatchObject({ status: 'False', reason: 'Cancelled' });
    expect(made(one.world)).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'leaves nothing behind when its first pass was cut after %i writes and its instance is gone since',
    async (writes) => {
      const one = await aServer({}, ({ interrupt }) => interrupt.killAfter(writes));
      one.world.interrupt.killAfter(undefined);
      play(one.world, { what: 'instanceGone' });
      await one.after({ what: 'time', seconds: 20 });
      await one.pass();
      expect(one.run().status?.phase).toBe('Failed');
      expect(one.run().metadata.labels?.[LABELS.finished]).toBe('true');
      expect(made(one.world)).toEqual([]);
    },
  );

  it('says what keeps it without a ready pod, and that its container ends over and over', async () => {
    const one = await aServer();
    const labels = one.get(DEPLOYMENTS)?.metadata.labels ?? {};
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' };
    one.world.store.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'run-1-server-x', namespace, labels },
      status: { phase: 'Running', containerStatuses: [{ name: 'web-proxy', state: { waiting } }] },
    } as KubeObject);
    await one.pass();
    expect(one.condition()).toMatchObject({
      status: 'Unknown',
      reason: 'CrashLoop',
      message:
        'The server has no ready pod: container "web-proxy": CrashLoopBackOff: back-off 10s restarting failed container',
    });
    expect(one.world.store.created('Event').map(({ object }) => object)).toMatchObject([{ type: 'Warning' }]);
    await one.after({ what: 'podReady' });
    expect(one.condition()).toMatchObject({ reason: 'Serving' });
  });

  it('counts servers up and down, once each, and what its gateway did', async () => {
    const one = await aServer({}, (world) => setGateway(world, { ready: false }));
    await one.after({ what: 'podReady' });
    await one.after({ what: 'gatewayReady' });
    await one.pass();
    await one.after({ what: 'cancelled' });
    await one.pass();
    expect(one.counted).toEqual([
      ['web_endpoint.serving', 1],
      ['web_endpoint.gateway_not_ready', 1],
      ['web_endpoint.route_created', 1],
      ['agent.runs', 1],
      ['errors', 1],
      ['web_endpoint.serving', -1],
    ]);
  });

  it('never touches what belongs to somebody else, and fails', async () => {
    const one = await aServer({}, ({ store }) =>
      store.create(SERVICES, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'run-1-server', namespace } }),
    );
    expect(one.condition()).toMatchObject({
      reason: 'ServerNotOwned',
      message: 'Service "run-1-server" exists and does not belong to the run',
    });
    expect(one.get(SERVICES)).toBeDefined();
    expect(made(one.world)).toEqual([]);
  });
});
