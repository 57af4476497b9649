import * as fc from 'fast-check';
import { expect } from 'vitest';
import { eventTypeOf } from '../../crds/events.ts';
import type { Condition } from '../../crds/meta.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { type PassReport, reconcile } from '../../shared/reconcile/pass.ts';
import type { ObjectKey, Reconciler } from '../../shared/reconcile/reconciler.ts';
import { createWorld, type World } from './world/world.ts';

/** A reconciler with the worlds that it is tried in. */
export interface Scenario<Observed extends { primary: KubeObject | undefined }, Config, Move> {
  reconciler: Reconciler<Observed, Config>;
  config: Config;
  key: ObjectKey;
  /** What a world starts as. */
  populate(world: World): void;
  /** What happens in a world besides passes, in any order. A move that makes no sense at the time does nothing. */
  move: fc.Arbitrary<Move>;
  play(world: World, move: Move): void;
  /** Puts right what keeps a world from coming to rest, such as a bus that is away. */
  calm(world: World): void;
  /** Throws when something is wrong in a world, looked at after each pass. */
  check(world: World, history: History): void;
  /** Throws when something is wrong in a world that has come to rest. */
  checkEnd(world: World, history: History): void;
}

/** What passes did in one world. */
export interface History {
  replies: Reply[];
  reports: PassReport[];
  /** Every form of the primary, in order. */
  primaries: KubeObject[];
}

/** How passes meet a world: once after each move, twice, cut after the n-th write of the n-th pass, or only at the end. */
type Drive = { passes: number; cuts: readonly number[] } | 'late';

/** Longest time in seconds that a world is given to come to rest, in steps as the replies ask for. */
const REST_SECONDS = 3 * 3600;
const MAX_PASSES = 60;

/**
 * The four properties of every reconciler, over generated worlds: it *settles* (a world that rests is planned no change, however
 * late), it is *polite* (and none is written), it *replays* (more passes than needed end in the same state), and it *survives* (a
 * pass killed after any of its writes, and run again, ends in the same state). In all of them each transition that people should
 * know of is told by an Event, and none by two.
 */
export async function checkReconciler<Observed extends { primary: KubeObject | undefined }, Config, Move>(
  scenario: Scenario<Observed, Config, Move>,
  { worlds, seed }: { worlds: number; seed?: number },
): Promise<void> {
  const world = fc.record({
    moves: fc.array(scenario.move, { maxLength: 12 }),
    cuts: fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 8 }),
  });
  const property = fc.asyncProperty(world, async ({ moves, cuts }) => {
    const plain = await live(scenario, moves, { passes: 1, cuts: [] });
    expect(await live(scenario, moves, { passes: 2, cuts: [] }), 'replays').toEqual(plain);
    expect(await live(scenario, moves, { passes: 1, cuts }), 'survives').toEqual(plain);
    await live(scenario, moves, 'late');
  });
  await fc.assert(property, { numRuns: worlds, ...(seed !== undefined && { seed }) });
}

/** Lives through one world to its rest. Returns its last state, for comparison. */
async function live<Observed extends { primary: KubeObject | undefined }, Config, Move>(
  scenario: Scenario<Observed, Config, Move>,
  moves: readonly Move[],
  drive: Drive,
): Promise<unknown> {
  const world = createWorld();
  const history: History = { replies: [], reports: [], primaries: [] };
  const passes = passesOf(scenario, world, history, drive === 'late' ? [] : drive.cuts);
  scenario.populate(world);
  if (drive !== 'late') await passes.untilQuiet();
  for (const move of moves) {
    scenario.play(world, move);
    world.collect();
    if (drive === 'late') continue;
    for (let pass = 0; pass < drive.passes; pass += 1) await passes.untilQuiet();
  }
  await rest(scenario, world, passes);
  scenario.checkEnd(world, history);
  checkEvents(world, history);
  return snapshot(world);
}

type Passes = ReturnType<typeof passesOf>;

function passesOf<Observed extends { primary: KubeObject | undefined }, Config, Move>(
  { reconciler, config, key, check }: Scenario<Observed, Config, Move>,
  world: World,
  history: History,
  cuts: readonly number[],
) {
  const { kube, bus, clock, interrupt } = world;
  let count = 0;

  async function once(cut?: number): Promise<Reply> {
    interrupt.killAfter(cut);
    const report = (one: PassReport) => void history.reports.push(one);
    const reply = await reconcile(
      reconciler,
      key,
      { kube, bus, config, now: clock.now, report },
      new AbortController().signal,
    );
    interrupt.killAfter(undefined);
    history.replies.push(reply);
    const primary = world.store.get(reconciler.resource, key.namespace, key.name);
    if (primary !== undefined) history.primaries.push(primary);
    world.collect();
    check(world, history);
    return reply;
  }

  /** Passes until one writes nothing, as if each write woke the next: at most a few, or the reconciler never settles. */
  async function untilQuiet(): Promise<Reply> {
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      const before = interrupt.writes().length;
      const cut = cuts[count % Math.max(cuts.length, 1)];
      count += 1;
      // A killed pass is always followed by a whole one, or some worlds would never move.
      if (cut !== undefined) await once(cut);
      const reply = await once();
      if (interrupt.writes().length === before) return reply;
    }
    throw new Error('The reconciler does not settle: it wrote in each of many passes over an unchanged world');
  }
  return { once, untilQuiet };
}

/** Lets time pass as the replies ask for, until nothing is asked for; then a look much later must change nothing. */
async function rest<Observed extends { primary: KubeObject | undefined }, Config, Move>(
  { calm, reconciler, key }: Scenario<Observed, Config, Move>,
  world: World,
  passes: Passes,
): Promise<void> {
  calm(world);
  world.collect();
  let reply = await passes.untilQuiet();
  for (let waited = 0; reply.outcome !== 'settled' && waited < REST_SECONDS; ) {
    const seconds = reply.outcome === 'requeueAfter' ? reply.seconds : 30;
    world.clock.advance(seconds);
    waited += seconds;
    reply = await passes.untilQuiet();
  }
  expect(reply, `rests: ${key.name} of ${reconciler.resource.plural}`).toEqual({ outcome: 'settled' });
  const writes = world.interrupt.writes().length;
  world.clock.advance(86_400);
  expect(await passes.once(), 'settles').toEqual({ outcome: 'settled' });
  expect(world.interrupt.writes().slice(writes), 'is polite').toEqual([]);
}

/** Events are about what the primary went through. */
function checkEvents({ store }: World, { primaries }: History): void {
  const told = primaries.flatMap((primary, index) => {
    const earlier = primaries[index - 1];
    const before = earlier?.metadata.uid === primary.metadata.uid ? conditionsOf(earlier) : [];
    return conditionsOf(primary).flatMap((condition) => {
      const previous = before.find(({ type }) => type === condition.type);
      return eventTypeOf(primary.kind, previous, condition) === undefined ? [] : [condition.reason];
    });
  });
  const events = store.created('Event').map(({ object }) => (object as KubeObject & { reason: string }).reason);
  expect(new Set(events), 'tells').toEqual(new Set(told));
  expect(events.length, 'tells once').toBeLessThanOrEqual(told.length);
}

const conditionsOf = (primary: KubeObject | undefined): Condition[] =>
  (primary as (KubeObject & { status?: { conditions?: Condition[] } }) | undefined)?.status?.conditions ?? [];

/** All objects but Events, without their versions, and all messages. */
function snapshot({ store, bus }: World): unknown {
  const lasting = store.all().filter(({ object }) => object.kind !== 'Event');
  const objects = lasting.map(({ object }) => {
    const { resourceVersion: _, ...metadata } = object.metadata;
    return { ...object, metadata };
  });
  return { objects, messages: bus.published() };
}
