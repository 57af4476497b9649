import { offsetAt, type WallClock } from './wall-clock.ts';

/** The instants at which a schedule is due: whole seconds, without end. */
export interface Ticks {
  /** The first tick after `time`. */
  next(time: Date): Date;
}

const DAY_MS = 86_400_000;

/**
 * Every instant whose wall clock in `zone` matches, and no other. So where clocks are put forward, the times left out have no tick
 * that day, and where they are put back, the times that come twice have two, as in Kubernetes' CronJob and the original.
 */
export function cronTicks(clock: WallClock, zone: string): Ticks {
  /** The first tick after `time` if clocks were never changed again. */
  const unchanged = (time: number, offset: number) => clock.next(time + offset) - offset;

  /** Walks on a day at a time, and from change of clocks to change of clocks, until a match comes before the next change. */
  function next(time: number): number {
    let at = time;
    let offset = offsetAt(zone, at);
    let match = unchanged(at, offset);
    for (;;) {
      const end = Math.min(match, at + DAY_MS);
      if (offsetAt(zone, end) !== offset) {
        at = changeBetween(zone, at, end);
        offset = offsetAt(zone, at);
        // The instant of the change itself counts by the new time.
        match = unchanged(at - 1, offset);
      } else if (end === match) return match;
      else at = end;
    }
  }
  return { next: (time) => new Date(zone === 'UTC' ? unchanged(time.getTime(), 0) : next(time.getTime())) };
}

/** The first instant with another offset than `from`, of which `to` has one. */
function changeBetween(zone: string, from: number, to: number): number {
  const before = offsetAt(zone, from);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Each so many seconds, counted from `anchor`. */
export function everyTicks(seconds: number, anchor: Date): Ticks {
  const period = seconds * 1000;
  const start = Math.floor(anchor.getTime() / 1000) * 1000;
  return {
    next: (time) => {
      const passed = Math.floor((time.getTime() - start) / period);
      return new Date(start + (Math.max(passed, 0) + 1) * period);
    },
  };
}

/** The last tick after `since` and not after `until`; undefined when there is none. */
export function latestTick(ticks: Ticks, since: Date, until: Date): Date | undefined {
  // Looks back further and further, so that few ticks are counted however many there were.
  for (let back = 60_000; ; back *= 4) {
    const from = new Date(Math.max(since.getTime(), until.getTime() - back));
    const found = lastWithin(ticks, from, until);
    if (found !== undefined || from.getTime() === since.getTime()) return found;
  }
}

function lastWithin(ticks: Ticks, from: Date, until: Date): Date | undefined {
  let last: Date | undefined;
  for (let tick = ticks.next(from); tick <= until; tick = ticks.next(tick)) last = tick;
  return last;
}
