import type { Clock } from './clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on; timers fire in order, each at its own time, and what they set in motion is waited for. */
  advance(ms: number): Promise<void>;
  timers(): number;
}

/** A clock for tests. */
export function createManualClock(): ManualClock {
  let time = 0;
  const timers = new Set<{ at: number; fire: () => void }>();
  const nextBefore = (end: number) =>
    [...timers].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];

  return {
    now: () => time,
    after(ms, fire) {
      const timer = { at: time + ms, fire };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const end = time + ms;
      await settle();
      for (let timer = nextBefore(end); timer !== undefined; timer = nextBefore(end)) {
        timers.delete(timer);
        time = timer.at;
        timer.fire();
        await settle();
      }
      time = end;
    },
    timers: () => timers.size,
  };
}

/** Lets every promise that is ready go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
