import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { type McpServer, McpServerSpecSchema } from '../../crds/mcpserver.ts';
import { loadMcpServerConfig } from '../../functions/reconcile-mcpserver/config.ts';
import type { Observed } from '../../functions/reconcile-mcpserver/observed.ts';
import { mcpServerReconciler } from '../../functions/reconcile-mcpserver/reconciler.ts';
import { isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';
import { DEPLOYMENTS, JOBS, NETWORK_POLICIES, PODS, SECRETS, SERVICES } from '../../shared/kube/resources.ts';
import { TOOLS_LISTED } from '../../shared/pods/tool-report.ts';
import { checkReconciler, type Scenario } from './harness.ts';
import type { World } from './world/world.ts';

const KEY = { namespace: 'team', name: 'wiki' };
const config = loadMcpServerConfig({});
const WORKLOAD = [DEPLOYMENTS, SERVICES, NETWORK_POLICIES];

const SPECS = {
  external: { transportType: 'http', url: 'https://mcp.example/x' },
  elsewhere: { transportType: 'http', url: 'https://mcp.example/y', deployment: { image: 'wiki:1' } },
  http: { transportType: 'http', deployment: { image: 'wiki:1', port: 9000 } },
  newer: { transportType: 'http', deployment: { image: 'wiki:2', port: 9000 } },
  stdio: { transportType: 'stdio', deployment: { image: 'wiki:1', cmd: 'node', args: ['a,b'] } },
  secret: { transportType: 'stdio', deployment: { image: 'wiki:1', cmd: 'node', secretRefs: [{ name: 'key' }] } },
  nothing: { transportType: 'http' },
  noProgram: { transportType: 'stdio', deployment: { image: 'wiki:1' } },
} as const;

type Move =
  | { what: 'spec'; to: keyof typeof SPECS }
  | { what: 'answer'; says: 'tools' | 'other tools' | 'refused' | 'nothing' | 'cut off' }
  | { what: 'rolled' | 'lost' | 'secret' | 'secretGone' | 'foreign' | 'foreignGone' | 'edited' | 'removed' | 'deleted' }
  | { what: 'time'; seconds: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('spec' as const),
      to: fc.constantFrom(...(Object.keys(SPECS) as (keyof typeof SPECS)[])),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('answer' as const),
      says: fc.constantFrom('tools', 'other tools', 'refused', 'nothing', 'cut off'),
    }) as fc.Arbitrary<Move>,
  },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constantFrom(
        'rolled',
        'rolled',
        'lost',
        'secret',
        'secretGone',
        'foreign',
        'foreignGone',
        'edited',
        'removed',
      ),
    }) as fc.Arbitrary<Move>,
  },
  fc.constant<Move>({ what: 'deleted' }),
  fc.record({ what: fc.constant('time' as const), seconds: fc.constantFrom(5, 70, 400) }),
);

const read = ({ store }: World) => store.get(KINDS.MCPServer, KEY.namespace, KEY.name) as McpServer | undefined;

function setSpec(world: World, to: keyof typeof SPECS): void {
  const current = read(world);
  if (current === undefined) return;
  const spec = McpServerSpecSchema.parse({ toolsPrefix: 'w', ...SPECS[to] });
  world.store.update(KINDS.MCPServer, current, { ...current, spec } as KubeObject);
}

const isForeign = (object: KubeObject) => object.metadata.labels?.['theirs'] === 'x';
const ownDeployment = ({ store }: World) => {
  const found = store.get(DEPLOYMENTS, KEY.namespace, KEY.name);
  return found === undefined || isForeign(found) ? undefined : found;
};

function roll(world: World, readyReplicas: number): void {
  const found = ownDeployment(world);
  if (found === undefined) return;
  const status = { observedGeneration: found.metadata.generation, replicas: 1, updatedReplicas: 1, readyReplicas };
  world.store.update(DEPLOYMENTS, found, { ...found, status } as KubeObject);
}

const REPORTS = {
  tools: { tools: ['w_a'], failures: [] },
  'other tools': { tools: ['w_a', 'w_b'], failures: [] },
  refused: { tools: [], failures: [{ server: 'wiki', error: 'refused', status: 401 }] },
  nothing: { tools: [], failures: [{ server: 'wiki', error: 'nobody there' }] },
};

function answer({ store, logs }: World, says: Extract<Move, { what: 'answer' }>['says']): void {
  for (const { object: job } of store.all(JOBS) as { object: KubeObject & { status?: object } }[]) {
    if (job.status !== undefined) continue;
    const { name, namespace = '', uid = '', labels = {} } = job.metadata;
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true }];
    const pod = `${name}-${uid.slice(-6)}`;
    store.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, namespace, labels, ownerReferences } });
    const log = says === 'cut off' ? 'Killed' : JSON.stringify({ message: TOOLS_LISTED, ...REPORTS[says] });
    logs.set(`${pod}/mcp-discover`, () => log);
    const type = says === 'cut off' ? 'Failed' : 'Complete';
    store.update(JOBS, job, { ...job, status: { conditions: [{ type, status: 'True' }] } } as KubeObject);
  }
}

const MOVES: Record<Exclude<Move['what'], 'spec' | 'answer' | 'time'>, (world: World) => void> = {
  rolled: (world) => roll(world, 1),
  lost: (world) => roll(world, 0),
  secret: ({ store, clock }) => {
    const found = store.get(SECRETS, KEY.namespace, 'key');
    const data = { key: clock.now().toISOString() };
    const metadata = { namespace: KEY.namespace, name: 'key' };
    if (found === undefined) store.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, data } as KubeObject);
    else store.update(SECRETS, found, { ...found, data } as KubeObject);
  },
  secretGone: ({ store }) => {
    const found = store.get(SECRETS, KEY.namespace, 'key');
    if (found !== undefined) store.remove(SECRETS, found);
  },
  foreign: ({ store }) => {
    if (store.get(SERVICES, KEY.namespace, KEY.name) !== undefined) return;
    store.create(SERVICES, { apiVersion: 'v1', kind: 'Service', metadata: { ...KEY, labels: { theirs: 'x' } } });
  },
  foreignGone: ({ store }) => {
    const found = store.get(SERVICES, KEY.namespace, KEY.name);
    if (found !== undefined && isForeign(found)) store.remove(SERVICES, found);
  },
  edited: (world) => {
    const found = ownDeployment(world) as (KubeObject & { spec: object }) | undefined;
    if (found === undefined) return;
    world.store.update(DEPLOYMENTS, found, { ...found, spec: { ...found.spec, replicas: 9 } } as KubeObject);
  },
  removed: ({ store }) => {
    for (const resource of [SERVICES, NETWORK_POLICIES]) {
      const found = store.get(resource, KEY.namespace, KEY.name);
      if (found !== undefined && !isForeign(found)) store.remove(resource, found);
    }
  },
  deleted: (world) => {
    const current = read(world);
    if (current !== undefined) world.store.remove(KINDS.MCPServer, current);
  },
};

function play(world: World, one: Move): void {
  if (one.what === 'time') world.clock.advance(one.seconds);
  else if (one.what === 'spec') setSpec(world, one.to);
  else if (one.what === 'answer') answer(world, one.says);
  else MOVES[one.what](world);
}

const scenario: Scenario<Observed, typeof config, Move> = {
  reconciler: mcpServerReconciler,
  config,
  key: KEY,
  populate: (world) => {
    const object = { apiVersion: API_VERSION, kind: 'MCPServer', metadata: { ...KEY } };
    const spec = McpServerSpecSchema.parse({ toolsPrefix: 'w', ...SPECS.http });
    world.store.create(KINDS.MCPServer, { ...object, spec } as KubeObject);
  },
  move,
  play,
  // What is in no watch is looked at for as long as it is used, or in the way.
  calm: (world) => {
    MOVES.foreignGone(world);
    if (read(world)?.spec.deployment?.secretRefs !== undefined) setSpec(world, 'stdio');
  },
  check: ({ store }) => {
    expect(store.all(JOBS).length).toBeLessThanOrEqual(2);
    const { object: foreign } = store.all(SERVICES).find(({ object }) => isForeign(object)) ?? {};
    // What is somebody else's is never touched.
    if (foreign !== undefined) expect(foreign.metadata.ownerReferences).toBeUndefined();
  },
  checkEnd: (world) => {
    const server = read(world);
    const own = WORKLOAD.map((resource) => world.store.get(resource, KEY.namespace, KEY.name));
    if (server === undefined) {
      expect([...own, ...world.store.all(JOBS)].filter((one) => one !== undefined)).toEqual([]);
      return;
    }
    const { url = '', deployment } = server.spec;
    const ready = server.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.reason === 'InvalidSpec') return;
    const deployed = url === '' && deployment !== undefined;
    expect(own.map((one) => one !== undefined && isControlledBy(one, server))).toEqual([deployed, deployed, deployed]);
    if (deployed) expect(own[0]).toMatchObject({ spec: { replicas: 1 } });
    expect(server.status?.ready).toBe(ready?.status === 'True');
    expect(server.status?.toolCount).toBe(server.status?.tools?.length);
  },
};

it('the MCPServer reconciler settles, replays, survives a cut after every write and is polite in all worlds [CTL-WM6]', {
  timeout: 120_000,
}, async () => {
  await checkReconciler(scenario, { worlds: 1000 });
});
