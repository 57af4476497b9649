import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { KINDS } from '../../crds/group.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { anInstance, aSchedule, KEY } from '../../functions/reconcile-sympoziumschedule/fixtures.ts';
import { scheduleReconciler } from '../../functions/reconcile-sympoziumschedule/reconciler.ts';
import { runNameOf } from '../../functions/reconcile-sympoziumschedule/run-name.ts';
import { sweep } from '../../functions/sweep-schedules/sweep.ts';
import { isProblem, parseSchedule } from '../../shared/cron/schedule.ts';
import { latestTick } from '../../shared/cron/ticks.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import type { ObjectKey } from '../../shared/reconcile/reconciler.ts';
import { createWorld, type World } from './world/world.ts';

/** A minute of a world: what becomes of its sweep, and whether the relay had a pass made at the same time. */
interface Minute {
  sweep: 'whole' | 'twice' | 'lost' | 'killed';
  /** After how many writes. */
  writes: number;
  relay: boolean;
}

const minute: fc.Arbitrary<Minute> = fc.record({
  sweep: fc.constantFrom('whole', 'whole', 'twice', 'lost', 'killed'),
  writes: fc.nat({ max: 5 }),
  relay: fc.boolean(),
});

const EXPRESSIONS = ['* * * * *', '*/3 * * * *', '@every 90s', '0 * * * *'];
/** Later than this after a tick, a sweep takes it for unseen. */
const INTO_MINUTE = 10;

function populate({ store }: World, expressions: readonly string[]): void {
  store.create(KINDS.SympoziumInstance, anInstance());
  for (const [index, schedule] of expressions.entries()) {
    const one = aSchedule({ schedule, concurrencyPolicy: 'Allow' });
    store.create(KINDS.SympoziumSchedule, { ...one, metadata: { ...one.metadata, name: `schedule-${index}` } });
  }
}

const schedulesIn = ({ store }: World) =>
  store.all(KINDS.SympoziumSchedule).map(({ object }) => object as SympoziumSchedule);

function passIn(world: World): (key: ObjectKey) => Promise<Reply> {
  const dependencies = { ...world, config: {}, now: world.clock.now, report: () => {} };
  return (key) => reconcile(scheduleReconciler, key, dependencies, new AbortController().signal);
}

async function sweepOnce(world: World, killAfter?: number): Promise<void> {
  const { signal } = new AbortController();
  world.interrupt.killAfter(killAfter);
  await sweep({ kube: world.kube, pass: passIn(world), now: world.clock.now(), signal }).catch(() => undefined);
  world.interrupt.killAfter(undefined);
}

async function live(world: World, { sweep: fate, writes, relay }: Minute): Promise<void> {
  const pass = passIn(world);
  const others = relay ? schedulesIn(world).map(({ metadata }) => pass({ ...KEY, name: metadata.name })) : [];
  const sweeps = fate === 'lost' ? 0 : fate === 'twice' ? 2 : 1;
  // A kill would end the passes of the relay as well, which are another process.
  if (fate === 'killed') await Promise.all(others);
  const killAfter = fate === 'killed' ? writes : undefined;
  await Promise.all([...others, ...Array.from({ length: sweeps }, () => sweepOnce(world, killAfter))]);
}

/** The run of a schedule's latest tick between two times, if it has one. */
function dueRun(schedule: SympoziumSchedule, after: Date, now: Date): string | undefined {
  const anchor = new Date(schedule.metadata.creationTimestamp ?? '');
  const ticks = parseSchedule({ expression: schedule.spec.schedule, anchor });
  if (isProblem(ticks)) throw new Error(ticks.message);
  const tick = latestTick(ticks, after, now);
  return tick === undefined ? undefined : runNameOf(schedule, tick);
}

it('sweeps alone, or beside the relay, killed or doubled: each latest tick has its run after a whole sweep, none has two, and what is not due is left alone [CTL-WS1]', {
  timeout: 120_000,
}, async () => {
  const expressions = fc.array(fc.constantFrom(...EXPRESSIONS), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(expressions, fc.array(minute, { minLength: 1, maxLength: 12 }), async (given, minutes) => {
      const world = createWorld();
      populate(world, given);
      let seen = world.clock.now();
      world.clock.advance(INTO_MINUTE);
      await sweepOnce(world);
      for (const one of minutes) {
        world.clock.advance(60);
        await live(world, one);
        const now = world.clock.now();
        const made = world.store.created('AgentRun').map(({ object }) => object.metadata.name);
        expect(new Set(made).size, 'no tick has two runs').toBe(made.length);
        if (one.sweep !== 'whole' && one.sweep !== 'twice') continue;
        // What came within the last moments is still the relay's.
        const late = new Date(now.getTime() - INTO_MINUTE * 1000);
        for (const schedule of schedulesIn(world)) {
          const due = dueRun(schedule, seen, late);
          // Seen together with a later tick, it is that one which has the run.
          const latest = dueRun(schedule, seen, now) ?? '';
          if (due !== undefined) expect(made.includes(due) || made.includes(latest), due).toBe(true);
        }
        seen = late;
        const writes = world.interrupt.writes().length;
        await sweepOnce(world);
        expect(world.interrupt.writes().length, 'what is not due is left alone').toBe(writes);
      }
    }),
    { numRuns: 1000 },
  );
});
