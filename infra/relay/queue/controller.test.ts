import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../delivery/delivery.ts';
import { createController } from './controller.ts';
import { createManualClock, settle } from './manual-clock.ts';

const SETTLED: Delivery = { kind: 'replied', reply: { outcome: 'settled' } };
const RETRY: Delivery = { kind: 'replied', reply: { outcome: 'retry', code: 'CONFLICT' } };
const TERMINAL: Delivery = { kind: 'replied', reply: { outcome: 'terminal', code: 'SPEC_INVALID' } };
const LATER: Delivery = { kind: 'replied', reply: { outcome: 'requeueAfter', seconds: 2 } };
const LOST: Delivery = { kind: 'failed', cause: 'TIMEOUT' };
const REFUSED: Delivery = { kind: 'throttled', cause: 'HTTP_429' };

/** A controller whose passes end when the test says so. */
function aWorld(concurrency: number) {
  const clock = createManualClock();
  const active = new Map<string, (delivery: Delivery) => void>();
  /** Every pass, in order, with the time at which it began. */
  const passes: { key: string; attempt: number; at: number }[] = [];
  let most = 0;
  const controller = createController({
    concurrency,
    clock,
    random: () => 0.5,
    deliver: (key, attempt) => {
      if (active.has(key)) throw new Error(`Two passes of ${key} at once`);
      passes.push({ key, attempt, at: clock.now() });
      return new Promise((resolve) => {
        active.set(key, resolve);
        most = Math.max(most, active.size);
      });
    },
    observer: { added() {}, taken() {}, done() {}, retried() {}, passed() {} },
  });
  const finish = async (key: string, delivery: Delivery) => {
    const resolve = active.get(key);
    active.delete(key);
    resolve?.(delivery);
    await settle();
  };
  return { clock, active, passes, controller, finish, most: () => most };
}

type Step = { add: string } | { advance: number } | { finish: number; delivery: Delivery };

const KEYS = ['a/1', 'a/2', 'b/1', 'c/1'];
const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ add: fc.constantFrom(...KEYS) }),
  fc.record({ advance: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({
    finish: fc.nat(3),
    delivery: fc.constantFrom(SETTLED, RETRY, TERMINAL, LATER, LOST, REFUSED),
  }),
);

describe('the controller', () => {
  it('loses no event, runs one pass of a key at a time and no more than allowed, whatever happens in which order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(STEP, { maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, concurrency) => {
          const world = aWorld(concurrency);
          const { controller, passes } = world;
          controller.start();
          /** How many passes there had been when the key was last added. */
          const addedAt = new Map<string, number>();
          for (const step of steps) {
            if ('add' in step) addedAt.set(step.add, passes.length);
            await take(world, step);
          }
          await drain(world);
          expect(world.most()).toBeLessThanOrEqual(concurrency);
          for (const [key, at] of addedAt) expect(passes.slice(at).map((pass) => pass.key)).toContain(key);
          expect(controller.remembered()).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('runs one more pass at the asked time, and only one, when the reply is requeueAfter', async () => {
    const { clock, controller, passes, finish } = aWorld(1);
    controller.start();
    controller.add('a/1');
    await finish('a/1', LATER);
    await clock.advance(1_999);
    expect(passes).toHaveLength(1);
    await clock.advance(1);
    expect(passes).toHaveLength(2);
    await finish('a/1', SETTLED);
    await clock.advance(600_000);
    expect(passes).toHaveLength(2);
  });

  it('counts attempts up while passes fail, waits longer each time, and starts at 0 after a success', async () => {
    const { clock, controller, passes, finish } = aWorld(1);
    controller.start();
    controller.add('a/1');
    for (const delivery of [LOST, RETRY, LOST, SETTLED]) {
      await finish('a/1', delivery);
      await clock.advance(1_000);
    }
    controller.add('a/1');
    expect(passes.map(({ attempt }) => attempt)).toEqual([0, 1, 2, 3, 0]);
    const [first, second, third, fourth] = passes.map(({ at }) => at);
    expect(first).toBe(0);
    expect(second).toBe(50);
    expect((third ?? 0) - 1_000).toBe(100);
    expect((fourth ?? 0) - 2_000).toBe(200);
  });

  it('does not run a key again when it failed for good, until an event comes', async () => {
    const { clock, controller, passes, finish } = aWorld(1);
    controller.start();
    controller.add('a/1');
    await finish('a/1', TERMINAL);
    await clock.advance(10_000_000);
    expect(passes).toHaveLength(1);
    controller.add('a/1');
    expect(passes).toHaveLength(2);
  });

  it('holds back the whole function and counts no failure of the key when it is throttled', async () => {
    const { clock, controller, passes, finish } = aWorld(2);
    controller.start();
    for (const key of ['a/1', 'a/2', 'a/3', 'a/4']) controller.add(key);
    await finish('a/1', { ...REFUSED, retryAfterMs: 5_000 });
    await finish('a/2', REFUSED);
    await clock.advance(4_999);
    expect(passes).toHaveLength(2);
    await clock.advance(1);
    // One finds out whether the function is back; then the rest follows, in the order in which it came.
    expect(passes.slice(2)).toEqual([expect.objectContaining({ key: 'a/2', attempt: 0 })]);
    await finish('a/2', SETTLED);
    expect(passes.slice(3).map(({ key }) => key)).toEqual(['a/1', 'a/3']);
  });

  it('begins no pass before it is started, and then one per key, however many events there were', async () => {
    const { controller, passes } = aWorld(4);
    for (let n = 0; n < 3; n += 1) for (const key of KEYS) controller.add(key);
    await settle();
    expect(passes).toHaveLength(0);
    controller.start();
    expect(passes.map(({ key }) => key).toSorted()).toEqual(KEYS.toSorted());
  });

  it('waits for the passes under way and begins no other when it is stopped', async () => {
    const { controller, passes, finish, clock } = aWorld(1);
    controller.start();
    controller.add('a/1');
    controller.add('a/2');
    let stopped = false;
    const stopping = controller.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    await finish('a/1', LATER);
    await stopping;
    await clock.advance(10_000);
    expect(passes).toHaveLength(1);
  });
});

async function take({ controller, clock, active, finish }: ReturnType<typeof aWorld>, step: Step): Promise<void> {
  if ('add' in step) controller.add(step.add);
  else if ('advance' in step) await clock.advance(step.advance);
  else {
    const key = [...active.keys()][step.finish];
    if (key !== undefined) await finish(key, step.delivery);
  }
}

/** Settles whatever runs until nothing is left to do. */
async function drain({ active, finish, clock, controller }: ReturnType<typeof aWorld>): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    for (const key of [...active.keys()]) await finish(key, SETTLED);
    if (active.size === 0 && controller.depth() === 0 && clock.timers() === 0) return;
    await clock.advance(400_000);
  }
}
