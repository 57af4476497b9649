import { describe, expect, it } from 'vitest';
import { AgentRunSchema } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { SympoziumInstanceSchema } from '../../crds/sympoziuminstance.ts';
import { SympoziumScheduleSchema } from '../../crds/sympoziumschedule.ts';
import { scheduleReconciler } from '../../functions/reconcile-sympoziumschedule/reconciler.ts';
import { controllerOf, type KubeObject } from '../../shared/kube/objects.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { createWorld, type World } from '../property/world/world.ts';
import { type Case, casesOf, loadCase } from './agentrun-golden.ts';
import { type Difference, differences } from './diff.ts';
import { SCHEDULE_DEVIATIONS } from './schedule-deviations.ts';

const CASES = casesOf('schedule.test.ts');
const NAMESPACE = 'golden';
/** The world begins at 03:04:05; the original makes a run at once, ours at the next full hour [CTL-WS6]. */
const TO_TICK = 56 * 60;
const HOUR = 3600;

type Whole = KubeObject & { spec: object; status?: { phase?: string } };
/** With the defaults that the API server fills in. */
const specOf = (run: KubeObject): object => AgentRunSchema.shape.spec.parse((run as Whole).spec);
type Form = { schedules: Record<string, unknown>; runs: Record<string, unknown[]> };

function create({ store }: World, object: KubeObject): void {
  const placed = { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } };
  if (object.kind === 'SympoziumSchedule')
    store.create(KINDS.SympoziumSchedule, SympoziumScheduleSchema.parse(placed) as KubeObject);
  else store.create(KINDS.SympoziumInstance, SympoziumInstanceSchema.parse(placed) as KubeObject);
}

async function passes(world: World, phases: Map<string, string[]>): Promise<void> {
  const { kube, bus, clock, store } = world;
  for (const { object } of store.all(KINDS.SympoziumSchedule)) {
    const { name } = object.metadata;
    const dependencies = { kube, bus, config: {}, now: clock.now, report: () => {} };
    await reconcile(scheduleReconciler, { namespace: NAMESPACE, name }, dependencies, new AbortController().signal);
    const { status } = store.get(KINDS.SympoziumSchedule, NAMESPACE, name) as Whole;
    const before = phases.get(name) ?? ['(none)'];
    if (status?.phase !== undefined && before.at(-1) !== status.phase) phases.set(name, [...before, status.phase]);
  }
}

/** Time passes as the case's steps ask: each wait for a run is one tick, whose runs then are at work. */
async function play({ input, steps }: Case): Promise<Form> {
  const world = createWorld();
  const phases = new Map<string, string[]>();
  for (const object of input) create(world, object);
  await passes(world, phases);
  const ticks = steps.some((step) => 'patch' in step) ? [TO_TICK, HOUR] : 'pause' in (steps[0] ?? {}) ? [] : [TO_TICK];
  for (const seconds of ticks) {
    world.clock.advance(seconds);
    await passes(world, phases);
    for (const { object } of world.store.all(KINDS.AgentRun))
      world.store.update(KINDS.AgentRun, object, { ...object, status: { phase: 'Running' } } as KubeObject);
  }
  const schedules = world.store.all(KINDS.SympoziumSchedule).map(({ object }) => object as Whole);
  const kept = new Set(world.store.all(KINDS.AgentRun).map(({ object }) => object.metadata.uid));
  const made = world.store.created('AgentRun').map(({ uid, object }) => {
    const { namespace, name } = object.metadata;
    return { run: world.store.get(KINDS.AgentRun, namespace, name) ?? object, deleted: !kept.has(uid) };
  });
  const form = {
    schedules: Object.fromEntries(
      schedules.map(({ metadata: { name }, status }) => [name, { phases: phases.get(name), status }]),
    ),
    runs: grouped(made),
  };
  return JSON.parse(JSON.stringify(form).replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/g, '"<time>"')) as Form;
}

function recorded({ output }: Case): Form {
  const schedules = Object.entries(output.inputs ?? {})
    .filter(([key]) => key.startsWith('SympoziumSchedule '))
    .map(([key, { phases, now }]) => [key.split(' ')[1], { phases, status: now?.status }] as const);
  const made = Object.values(output.created ?? {})
    .filter(({ object }) => object.kind === 'AgentRun')
    .map(({ object, deleted = false }) => ({ run: object, deleted }));
  return { schedules: Object.fromEntries(schedules), runs: grouped(made) };
}

/** Runs in the order of their creation, by schedule. Names come from the tick and not from a count [CTL-WS1]. */
function grouped(made: readonly { run: KubeObject; deleted: boolean }[]): Form['runs'] {
  const ofSchedules = made.flatMap(({ run, deleted }) => {
    const owner = controllerOf(run);
    const form = { labels: run.metadata.labels, spec: specOf(run), deleted };
    return owner?.kind === 'SympoziumSchedule' ? [{ owner: owner.name, form }] : [];
  });
  const byOwner = Map.groupBy(ofSchedules, ({ owner }) => owner);
  return Object.fromEntries([...byOwner].map(([owner, list]) => [owner, list.map(({ form }) => form)]));
}

async function differencesOf(name: string): Promise<Difference[]> {
  const one = loadCase(name);
  return differences(recorded(one), await play(one));
}

const isMeant = (difference: Difference): boolean =>
  SCHEDULE_DEVIATIONS.some(({ path, when }) => path.test(difference.path) && (when?.(difference) ?? true));

describe('schedules as the original kept them', () => {
  it.each(CASES)('%s: same runs and status, save the deviations', async (name) => {
    expect((await differencesOf(name)).filter((difference) => !isMeant(difference))).toEqual([]);
  });

  it('have no deviation that no case shows', async () => {
    const all = (await Promise.all(CASES.map(differencesOf))).flat();
    const unused = SCHEDULE_DEVIATIONS.filter(
      ({ path, when }) => !all.some((one) => path.test(one.path) && (when?.(one) ?? true)),
    );
    expect(unused.map(({ reason }) => reason)).toEqual([]);
  });
});
