import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { anInstance, aScene, aSchedule, KEY, setPhase } from '../../functions/reconcile-sympoziumschedule/fixtures.ts';
import type { Observed } from '../../functions/reconcile-sympoziumschedule/observed.ts';
import { scheduleReconciler } from '../../functions/reconcile-sympoziumschedule/reconciler.ts';
import { runNameOf } from '../../functions/reconcile-sympoziumschedule/run-name.ts';
import { isProblem, parseSchedule } from '../../shared/cron/schedule.ts';
import { latestTick } from '../../shared/cron/ticks.ts';
import { checkReconciler, type Scenario } from './harness.ts';
import type { World } from './world/world.ts';

type Spec = SympoziumSchedule['spec'];

/** What can happen to a schedule besides its passes. */
type Move =
  | { what: 'time'; seconds: number }
  | { what: 'runs'; phase: string }
  | { what: 'change'; spec: Partial<Spec> }
  | { what: 'instanceGone' | 'instanceBack' | 'deleted' };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant('time'), seconds: fc.constantFrom(7, 31, 60, 300, 900, 7200) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('runs'), phase: fc.constantFrom('Running', 'Succeeded', 'Failed') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('change'),
      spec: fc.constantFrom<Partial<Spec>>(
        { suspend: true },
        { suspend: false },
        { schedule: '* * * * *' },
        { schedule: '@every 20s' },
        { schedule: '0 0 30 2 *' },
        { startingDeadlineSeconds: 45 },
        { jitterSeconds: 40 },
        { successfulRunsHistoryLimit: 1, failedRunsHistoryLimit: 0 },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('instanceGone', 'instanceBack', 'deleted') }) },
) as fc.Arbitrary<Move>;

const scheduleIn = ({ store }: World) =>
  store.get(KINDS.SympoziumSchedule, KEY.namespace, KEY.name) as SympoziumSchedule | undefined;
const runsIn = ({ store }: World) => store.all(KINDS.AgentRun).map(({ object }) => object as AgentRun);
const isActive = ({ status }: AgentRun) => !isTerminalPhase(status?.phase);
const isKept = ({ spec }: AgentRun) => spec.cancel !== true;

function change(world: World, spec: Partial<Spec>): void {
  const current = scheduleIn(world);
  if (current === undefined) return;
  const next: SympoziumSchedule = { ...current, spec: { ...current.spec, ...spec } };
  world.store.update(KINDS.SympoziumSchedule, current, next);
}

function play(world: World, one: Move): void {
  const { store, clock } = world;
  const instance = store.get(KINDS.SympoziumInstance, KEY.namespace, 'inst');
  const schedule = scheduleIn(world);
  if (one.what === 'time') clock.advance(one.seconds);
  else if (one.what === 'runs')
    for (const run of runsIn(world).filter(isActive)) setPhase(world, run.metadata.name, one.phase);
  else if (one.what === 'change') change(world, one.spec);
  else if (one.what === 'instanceGone' && instance !== undefined) store.remove(KINDS.SympoziumInstance, instance);
  else if (one.what === 'instanceBack' && instance === undefined) store.create(KINDS.SympoziumInstance, anInstance());
  else if (one.what === 'deleted' && schedule !== undefined) store.remove(KINDS.SympoziumSchedule, schedule);
}

const scenario = (concurrencyPolicy: Spec['concurrencyPolicy']): Scenario<Observed, object, Move> => ({
  reconciler: scheduleReconciler,
  config: {},
  key: KEY,
  populate: ({ store }) => {
    store.create(KINDS.SympoziumInstance, anInstance());
    store.create(KINDS.SympoziumSchedule, aSchedule({ concurrencyPolicy }));
  },
  move,
  play,
  calm: (world) => change(world, { suspend: true }),
  check: (world) => {
    const made = world.store.created('AgentRun').map(({ object }) => object.metadata.name);
    expect(new Set(made).size).toBe(made.length);
    if (concurrencyPolicy !== 'Allow')
      expect(runsIn(world).filter((run) => isActive(run) && isKept(run)).length).toBeLessThanOrEqual(1);
  },
  checkEnd: (world) => {
    const schedule = scheduleIn(world);
    // Runs outlive the schedule, and those that it has are all that it counts.
    if (schedule === undefined) {
      expect(runsIn(world).every(({ metadata }) => metadata.ownerReferences === undefined)).toBe(true);
      return;
    }
    expect(schedule.status?.totalRuns ?? 0).toBe(world.store.created('AgentRun').length);
    expect(schedule.status?.active ?? []).toEqual(
      runsIn(world)
        .filter(isActive)
        .map(({ metadata }) => metadata.name)
        .sort(),
    );
  },
});

describe('the SympoziumSchedule reconciler', () => {
  it.each(['Forbid', 'Allow', 'Replace'] as const)(
    'settles, replays, survives a cut after every write and is polite in all worlds with %s [CTL-WS1] [CTL-WS3] [CTL-WS10]',
    { timeout: 180_000 },
    async (policy) => {
      await checkReconciler(scenario(policy), { worlds: 1000 });
    },
  );

  it('doubles no tick and misses none when clocks jump by hours either way, between passes of any number', {
    timeout: 120_000,
  }, async () => {
    const step = fc.record({
      seconds: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constantFrom(7200, -7200)),
      passes: fc.integer({ min: 1, max: 3 }),
    });
    const schedule = fc.constantFrom('*/5 * * * *', '0 * * * *', '@every 90s', '*/7 3-5 * * *');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), schedule, async (steps, expression) => {
        const scene = aScene({ schedule: expression, concurrencyPolicy: 'Allow' });
        const anchor = scene.world.clock.now();
        const ticks = parseSchedule({ expression, anchor });
        if (isProblem(ticks)) throw new Error(ticks.message);
        let furthest = anchor;
        await scene.pass();
        for (const { seconds, passes } of steps) {
          scene.world.clock.advance(seconds);
          await Promise.all(Array.from({ length: passes }, () => scene.pass()));
          const now = scene.world.clock.now();
          // Only time that was never there before can have a tick that is due.
          const due = now > furthest ? latestTick(ticks, furthest, now) : undefined;
          if (now > furthest) furthest = now;
          const names = scene.runs().map(({ metadata }) => metadata.name);
          if (due !== undefined) expect(names).toContain(runNameOf(scene.schedule(), due));
          expect(scene.world.store.created('AgentRun')).toHaveLength(new Set(names).size);
        }
      }),
      { numRuns: 300 },
    );
  });
});
