import { setTimeout as sleep } from 'node:timers/promises';

/** Does `work` for each item, in order, with up to `limit` under way. */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

/** Milliseconds that each of `count` works took, with up to `limit` under way. */
export async function timed(count: number, limit: number, work: (n: number) => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  const items = Array.from({ length: count }, (_, n) => n);
  await inParallel(items, limit, async (n) => {
    const began = performance.now();
    await work(n);
    times.push(performance.now() - began);
  });
  return times;
}

/** Begins `work` for each item at a fixed rate, however long earlier ones take. */
export async function atRate<T>(
  items: readonly T[],
  perSecond: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const begin = performance.now();
  const all: Promise<void>[] = [];
  for (const [index, item] of items.entries()) {
    const wait = begin + (index * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    all.push(work(item));
  }
  await Promise.all(all);
}

/** Keeps `inFlight` works going until the time is over, then lets them end. Returns works done per second, to the last end. */
export async function closedLoop(
  inFlight: number,
  ms: number,
  work: (index: number) => Promise<void>,
): Promise<number> {
  const begin = performance.now();
  let started = 0;
  const worker = async () => {
    while (performance.now() - begin < ms) await work(started++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (started * 1000) / (performance.now() - begin);
}

export const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(5, '0')}`);
