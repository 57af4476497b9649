import { AgentRunSchema } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import { SkillPackSchema } from '../../crds/skillpack.ts';
import { SympoziumInstanceSchema } from '../../crds/sympoziuminstance.ts';
import { SympoziumPolicySchema } from '../../crds/sympoziumpolicy.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { jobOfSandbox, type Sandbox } from '../../functions/reconcile-agentrun/pod/sandbox.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { controllerOf } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS, JOBS, PODS, type Resource, SANDBOXES, SECRETS } from '../../shared/kube/resources.ts';
import { type Job, jobEnd } from '../../shared/pods/job.ts';
import type { Pod } from '../../shared/pods/pod.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { createPod, endContainer, endPod, startPod } from '../property/agentrun-world.ts';
import { mergePatched } from '../property/world/json.ts';
import { createWorld, type World } from '../property/world/world.ts';
import type { Case, Step } from './agentrun-golden.ts';

export const NAMESPACE = 'golden';

const RESOURCES: Record<string, Resource> = { ...KINDS, Secret: SECRETS, ConfigMap: CONFIG_MAPS };
/** The API server fills in defaults; the schemas know them. */
const SCHEMAS: Record<string, { parse: (value: unknown) => unknown }> = {
  AgentRun: AgentRunSchema,
  SympoziumInstance: SympoziumInstanceSchema,
  SkillPack: SkillPackSchema,
  SympoziumPolicy: SympoziumPolicySchema,
};

/** What became of a case that our reconciler played. */
export interface Played {
  world: World;
  /** Each value of `status.phase` of a run, in order. */
  phases: Map<string, string[]>;
}

/** Plays a case: applies its input, then its steps, with a node on which every pod runs at once. */
export async function play({ input, steps, output }: Case): Promise<Played> {
  const world = createWorld();
  const phases = new Map<string, string[]>();
  for (const object of input) create(world, object);
  for (const object of stamped(output)) create(world, object);
  for (const object of remembered(world, output)) create(world, object);
  await passes(world, phases);
  for (const step of steps) await playStep(world, phases, step);
  restOfHooks(world);
  await passes(world, phases);
  return { world, phases };
}

/** The pack's controller makes its instances. */
const stamped = ({ created = {} }: Case['output']): KubeObject[] =>
  Object.entries(created)
    .filter(([key]) => key.startsWith('SympoziumInstance '))
    .map(([, { object }]) => {
      const { ownerReferences: _, ...metadata } = object.metadata;
      return { ...object, metadata: { ...metadata, namespace: NAMESPACE } };
    });

/** The instance's controller makes its memory, which a run then replaces. */
function remembered({ store }: World, { created = {} }: Case['output']): KubeObject[] {
  return Object.entries(created)
    .filter(([key]) => /^ConfigMap .*-memory$/.test(key))
    .map(([, { object }]) => {
      const ownerReferences = object.metadata.ownerReferences?.map((owner) => {
        const uid = store.get(KINDS.SympoziumInstance, NAMESPACE, owner.name)?.metadata.uid ?? '';
        return { ...owner, uid };
      });
      const metadata = { ...object.metadata, namespace: NAMESPACE, ...(ownerReferences && { ownerReferences }) };
      return { ...object, metadata, data: { 'MEMORY.md': '# Agent Memory\n\nNo memories recorded yet.\n' } };
    });
}

function create({ store }: World, object: KubeObject): void {
  const resource = RESOURCES[object.kind];
  if (resource === undefined) throw new Error(`The world has no ${object.kind}`);
  const placed = { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? NAMESPACE } };
  store.create(resource, (SCHEMAS[object.kind]?.parse(placed) ?? placed) as KubeObject);
}

async function playStep(world: World, phases: Played['phases'], step: Step): Promise<void> {
  if ('apply' in step) for (const object of step.apply) create(world, object);
  else if ('pause' in step) world.clock.advance(step.pause);
  else if ('delete' in step) {
    const object = world.store.get(KINDS.AgentRun, NAMESPACE, step.delete.name);
    if (object !== undefined) world.store.remove(KINDS.AgentRun, object);
  } else if ('patch' in step) patch(world, step.patch);
  else if ('podEnd' in step) endPodOf(world, step.podEnd);
  else if ('containerEnd' in step) end(world, step.containerEnd, step.containerEnd.container, false);
  await passes(world, phases);
  if (!('wait' in step)) return;
  const { name, phase, seconds = 120 } = step.wait;
  for (let waited = 0; phase !== undefined && waited < seconds && phaseOf(world, name) !== phase; waited += 1) {
    world.clock.advance(1);
    await passes(world, phases);
  }
}

function patch({ store }: World, { name, merge }: Extract<Step, { patch: unknown }>['patch']): void {
  const run = store.get(KINDS.AgentRun, NAMESPACE, name);
  if (run !== undefined) store.update(KINDS.AgentRun, run, mergePatched(run, merge) as KubeObject);
}

function endPodOf(world: World, step: Extract<Step, { podEnd: unknown }>['podEnd']): void {
  if (step.component === 'post-run') endHooks(world, `${step.run}-postrun`, step.exit);
  else end(world, step, 'agent', true);
}

function endHooks(world: World, name: string, exit: number): void {
  const job = world.store.get(JOBS, NAMESPACE, name) as Job | undefined;
  const pod = podsOf(world, job)[0];
  if (pod !== undefined) endPod(world, pod, job, exit);
}

/** Hooks that no step ends, end by themselves in time. */
function restOfHooks(world: World): void {
  for (const { object } of world.store.all(JOBS)) {
    const isHooks = object.metadata.labels?.[LABELS.component] === COMPONENTS.postRun;
    if (isHooks && jobEnd(object as Job) === undefined) endHooks(world, object.metadata.name, 0);
  }
}

const podsOf = ({ store }: World, job: Job | undefined): Pod[] =>
  store.all(PODS).flatMap(({ object }) => (controllerOf(object)?.uid === job?.metadata.uid ? [object as Pod] : []));

function end(
  world: World,
  step: { run: string; exit: number; log?: string; reason?: string },
  container: string,
  whole: boolean,
): void {
  const job = world.store.get(JOBS, NAMESPACE, step.run) as Job | undefined;
  const podNow = () => podsOf(world, job)[0];
  const pod = podNow();
  if (pod !== undefined) endContainer(world, pod, container, step.exit, step.log ?? '', step.reason);
  const after = podNow();
  if (whole && after !== undefined) endPod(world, after, job);
}

const phaseOf = ({ store }: World, name: string): string | undefined =>
  (store.get(KINDS.AgentRun, NAMESPACE, name) as (KubeObject & { status?: { phase?: string } }) | undefined)?.status
    ?.phase;

const config = loadRunConfig({ POD_MEMORY_SECRET: 'golden' });

/** Passes over all runs until none writes. Pods of new Jobs run at once. */
async function passes(world: World, phases: Played['phases']): Promise<void> {
  for (let before = -1; before !== world.interrupt.writes().length; ) {
    before = world.interrupt.writes().length;
    for (const { object } of world.store.all(KINDS.AgentRun)) {
      const key = { namespace: NAMESPACE, name: object.metadata.name };
      const dependencies = { kube: world.kube, bus: world.bus, config, now: world.clock.now, report: () => {} };
      await reconcile(agentRunReconciler, key, dependencies, new AbortController().signal);
      world.collect();
      note(phases, key.name, phaseOf(world, key.name));
    }
    for (const { object } of world.store.all(JOBS)) runPod(world, object as Job);
    for (const { object } of world.store.all(SANDBOXES)) runPod(world, jobOfSandbox(object as Sandbox));
  }
}

function note(phases: Played['phases'], run: string, phase: string | undefined): void {
  const seen = phases.get(run) ?? ['(none)'];
  phases.set(run, phase === undefined || seen.at(-1) === phase ? seen : [...seen, phase]);
}

function runPod(world: World, job: Job): void {
  if (podsOf(world, job).length > 0 || (job.status?.conditions ?? []).length > 0) return;
  createPod(world, job);
  for (const pod of podsOf(world, job)) startPod(world, pod);
}
