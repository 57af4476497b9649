import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManualClock } from './manual-clock.ts';
import { createWorkQueue } from './work-queue.ts';

const observer = { added() {}, taken() {}, done() {}, retried() {} };

function aQueue() {
  const clock = createManualClock();
  const queue = createWorkQueue({ clock, retryDelay: (failures) => 100 * failures, observer, onAvailable() {} });
  return { clock, queue };
}

function takeAll(queue: ReturnType<typeof aQueue>['queue']): string[] {
  const taken: string[] = [];
  for (let key = queue.take(); key !== undefined; key = queue.take()) taken.push(key);
  return taken;
}

const KEY = fc
  .tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 5 }))
  .map(([ns, n]) => `${ns}/${n}`);

describe('the work queue', () => {
  it('gives each key once when it was added several times before', () => {
    fc.assert(
      fc.property(fc.array(KEY), (keys) => {
        const { queue } = aQueue();
        for (const key of keys) queue.add(key);
        const taken = takeAll(queue);
        expect(taken.toSorted()).toEqual([...new Set(keys)].toSorted());
      }),
    );
  });

  it('lets namespaces take turns and serves first come first within one, when many wait', () => {
    fc.assert(
      fc.property(fc.array(KEY, { minLength: 1, maxLength: 60 }), (keys) => {
        const { queue } = aQueue();
        for (const key of keys) queue.add(key);
        const waiting = [...new Set(keys)];
        for (const namespace of ['a', 'b', 'c', 'd']) {
          const { queue: alone } = aQueue();
          for (const key of waiting) if (key.startsWith(namespace)) alone.add(key);
          expect(takeAll(alone)).toEqual(waiting.filter((key) => key.startsWith(namespace)));
        }
        expectTurns(takeAll(queue));
      }),
    );
  });

  it('makes a lone key wait for one key of each other namespace, when one namespace has a thousand', () => {
    const { queue } = aQueue();
    for (let n = 0; n < 1000; n += 1) queue.add(`busy/${n}`);
    queue.add('quiet/0');
    expect([queue.take(), queue.take()]).toEqual(['busy/0', 'quiet/0']);
  });

  it('gives a key again only after its pass, when it was added during it', () => {
    const { queue } = aQueue();
    queue.add('a/1');
    expect(queue.take()).toBe('a/1');
    queue.add('a/1');
    queue.add('a/1');
    expect(queue.take()).toBeUndefined();
    queue.done('a/1');
    expect(takeAll(queue)).toEqual(['a/1']);
    queue.done('a/1');
    expect(queue.take()).toBeUndefined();
  });

  it('adds a delayed key at the soonest of the times asked for, and once, whatever their order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 6 }), async (delays) => {
        const { clock, queue } = aQueue();
        for (const delay of delays) queue.addAfter('a/1', delay);
        await clock.advance(Math.min(...delays) - 1);
        expect(queue.take()).toBeUndefined();
        await clock.advance(1);
        expect(queue.take()).toBe('a/1');
        queue.done('a/1');
        await clock.advance(5_000);
        expect(queue.take()).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it('keeps the delayed key when an event comes in between that gives no pass yet', async () => {
    const { clock, queue } = aQueue();
    queue.addAfter('a/1', 100);
    queue.add('a/1');
    await clock.advance(200);
    expect(takeAll(queue)).toEqual(['a/1']);
  });

  it('waits longer with each failure in a row, and starts over when they are forgotten', async () => {
    const { clock, queue } = aQueue();
    const failAndWait = async (ms: number) => {
      queue.retry('a/1');
      await clock.advance(ms - 1);
      expect(queue.take()).toBeUndefined();
      await clock.advance(1);
      expect(queue.take()).toBe('a/1');
      queue.done('a/1');
    };
    await failAndWait(100);
    await failAndWait(200);
    expect(queue.failures('a/1')).toBe(2);
    queue.forget('a/1');
    await failAndWait(100);
  });

  it('puts a key that was not taken up back to the front of its namespace', () => {
    const { queue } = aQueue();
    queue.add('a/1');
    queue.add('a/2');
    expect(queue.take()).toBe('a/1');
    queue.putBack('a/1');
    expect(takeAll(queue)).toEqual(['a/1', 'a/2']);
  });

  it('remembers nothing of a key when its object is gone', async () => {
    const { clock, queue } = aQueue();
    queue.add('a/1');
    queue.take();
    queue.retry('a/1');
    queue.done('a/1');
    queue.drop('a/1');
    expect(queue.remembered()).toBe(0);
    expect(clock.timers()).toBe(0);
  });
});

/** Between two turns of a namespace, each other one that still has keys had its turn. */
function expectTurns(taken: string[]): void {
  const spaces = taken.map((key) => key.slice(0, 1));
  for (let at = 0; at < spaces.length; at += 1) {
    const again = spaces.indexOf(spaces[at] ?? '', at + 1);
    if (again < 0) continue;
    const between = new Set(spaces.slice(at + 1, again));
    const waiting = new Set(spaces.slice(again).filter((namespace) => namespace !== spaces[at]));
    expect([...waiting].filter((namespace) => !between.has(namespace))).toEqual([]);
  }
}
