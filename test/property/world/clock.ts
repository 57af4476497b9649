/** A clock that moves only when it is told to. */
export interface Clock {
  now(): Date;
  advance(seconds: number): void;
  /** Returns what puts the clock back to now. */
  save(): () => void;
}

export function createClock(start = '2026-01-02T03:04:05Z'): Clock {
  let time = Date.parse(start);
  return {
    now: () => new Date(time),
    advance: (seconds) => {
      time += seconds * 1000;
    },
    save: () => {
      const kept = time;
      return () => {
        time = kept;
      };
    },
  };
}
