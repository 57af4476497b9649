import { KINDS } from '../../crds/group.ts';
import { McpServerSchema } from '../../crds/mcpserver.ts';
import { PersonaPackSchema } from '../../crds/personapack.ts';
import { SkillPackSchema } from '../../crds/skillpack.ts';
import { SympoziumConfigSchema } from '../../crds/sympoziumconfig.ts';
import { SympoziumInstanceSchema } from '../../crds/sympoziuminstance.ts';
import { SympoziumPolicySchema } from '../../crds/sympoziumpolicy.ts';
import { loadMcpServerConfig } from '../../functions/reconcile-mcpserver/config.ts';
import { mcpServerReconciler } from '../../functions/reconcile-mcpserver/reconciler.ts';
import { loadPackConfig } from '../../functions/reconcile-personapack/config.ts';
import { packReconciler } from '../../functions/reconcile-personapack/reconciler.ts';
import { skillPackReconciler } from '../../functions/reconcile-skillpack/reconciler.ts';
import { configReconciler } from '../../functions/reconcile-sympoziumconfig/reconciler.ts';
import { loadInstanceConfig } from '../../functions/reconcile-sympoziuminstance/config.ts';
import { instanceReconciler } from '../../functions/reconcile-sympoziuminstance/reconciler.ts';
import { policyReconciler } from '../../functions/reconcile-sympoziumpolicy/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { DEPLOYMENTS, GATEWAYS, type Resource, SECRETS, SERVICE_ACCOUNTS } from '../../shared/kube/resources.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import type { Reconciler } from '../../shared/reconcile/reconciler.ts';
import { mergePatched } from '../property/world/json.ts';
import { createWorld, type World } from '../property/world/world.ts';
import type { Case, Step } from './agentrun-golden.ts';

const NAMESPACE = 'golden';
const RESOURCES: Record<string, Resource> = {
  ...KINDS,
  Secret: SECRETS,
  ServiceAccount: SERVICE_ACCOUNTS,
  Gateway: GATEWAYS,
};
/** The API server fills in defaults; the schemas know them. */
const SCHEMAS: Record<string, { parse: (value: unknown) => unknown }> = {
  MCPServer: McpServerSchema,
  PersonaPack: PersonaPackSchema,
  SkillPack: SkillPackSchema,
  SympoziumConfig: SympoziumConfigSchema,
  SympoziumInstance: SympoziumInstanceSchema,
  SympoziumPolicy: SympoziumPolicySchema,
};

type WithStatus = KubeObject & { spec?: unknown; data?: unknown; status?: { phase?: string } };
type Patch = { patch: { kind: string; name: string; merge: object } };

/** What became of an object: its last form, the phases that it went through, and whether it is gone. */
export interface Fate {
  object: WithStatus;
  phases: string[];
  deleted: boolean;
}

/** Plays a case with the reconcilers of all standing kinds; Deployments are ready at once, runs stay as made. */
export async function playStanding({ input, steps }: Case): Promise<Map<string, Fate>> {
  const world = createWorld();
  const fates = new Map<string, Fate>();
  for (const object of input) create(world, object);
  await passes(world, fates);
  for (const step of steps as (Step | Patch)[]) {
    if ('apply' in step) for (const object of step.apply) create(world, object);
    if ('pause' in step) world.clock.advance(step.pause);
    if ('patch' in step) patch(world, step);
    if ('wait' in step) reach(world, step.wait);
    if ('delete' in step) remove(world, step.delete.kind, step.delete.name);
    await passes(world, fates);
  }
  return fates;
}

function create({ store }: World, object: KubeObject): void {
  const resource = RESOURCES[object.kind];
  if (resource === undefined) throw new Error(`The world has no ${object.kind}`);
  const placed = { ...object, metadata: { ...object.metadata, namespace: namespaceOf(object) } };
  store.create(resource, (SCHEMAS[object.kind]?.parse(placed) ?? placed) as KubeObject);
}

function patch({ store }: World, { patch: { kind, name, merge } }: Patch): void {
  const resource = RESOURCES[kind];
  const current = resource && store.get(resource, NAMESPACE, name);
  if (resource === undefined || current === undefined) throw new Error(`There is no ${kind} ${name}`);
  const next = mergePatched(current, merge);
  store.update(resource, current, (SCHEMAS[kind]?.parse(next) ?? next) as KubeObject);
}

/** What the reconciler of runs would bring a run to. */
function reach({ store }: World, { kind, name, phase }: { kind: string; name: string; phase?: string }): void {
  const run = store.get(KINDS.AgentRun, NAMESPACE, name);
  if (kind === 'AgentRun' && run !== undefined) {
    store.update(KINDS.AgentRun, run, { ...run, status: { phase } } as KubeObject);
  }
}

function remove({ store }: World, kind: string, name: string): void {
  const resource = RESOURCES[kind];
  const current = resource && store.get(resource, NAMESPACE, name);
  if (resource !== undefined && current !== undefined) store.remove(resource, current);
}

/** Passes over all objects of standing kinds until none writes. */
async function passes(world: World, fates: Map<string, Fate>): Promise<void> {
  for (let before = -1; before !== world.interrupt.writes().length; ) {
    before = world.interrupt.writes().length;
    await passesOf(world, packReconciler, loadPackConfig({}), fates);
    await passesOf(world, instanceReconciler, loadInstanceConfig({}), fates);
    await passesOf(world, skillPackReconciler, {}, fates);
    await passesOf(world, policyReconciler, {}, fates);
    await passesOf(world, configReconciler, {}, fates);
    await passesOf(world, mcpServerReconciler, loadMcpServerConfig({}), fates);
    for (const { object } of world.store.all(DEPLOYMENTS)) {
      world.store.update(DEPLOYMENTS, object, { ...object, status: { readyReplicas: 1 } } as KubeObject);
    }
  }
}

async function passesOf<Observed extends { primary: KubeObject | undefined }, Config>(
  world: World,
  reconciler: Reconciler<Observed, Config>,
  config: Config,
  fates: Map<string, Fate>,
): Promise<void> {
  for (const { object } of world.store.all(reconciler.resource)) {
    const { namespace = NAMESPACE, name } = object.metadata;
    const key = { namespace, name };
    const dependencies = { kube: world.kube, bus: world.bus, config, now: world.clock.now, report: () => {} };
    await reconcile(reconciler, key, dependencies, new AbortController().signal);
    world.collect();
    note(world, fates);
  }
}

/** As the corpus names objects: those of another namespace with it. */
export function keyOf(object: KubeObject): string {
  const { kind, metadata } = object;
  const { name } = metadata;
  const namespace = namespaceOf(object);
  return namespace === NAMESPACE ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** The corpus leaves a case's own namespace out, or writes it `<ns>`. */
const namespaceOf = ({ metadata: { namespace = NAMESPACE } }: KubeObject): string =>
  namespace === '<ns>' ? NAMESPACE : namespace;

function note({ store }: World, fates: Map<string, Fate>): void {
  for (const fate of fates.values()) fate.deleted = true;
  for (const { object } of store.all() as { object: WithStatus }[]) {
    const key = keyOf(object);
    const { phases = ['(none)'] } = fates.get(key) ?? {};
    const phase = object.status?.phase;
    const next = phase === undefined || phases.at(-1) === phase ? phases : [...phases, phase];
    fates.set(key, { object, phases: next, deleted: false });
  }
}
