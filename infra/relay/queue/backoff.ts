import type { Clock } from './clock.ts';

export interface BackoffRange {
  minMs: number;
  maxMs: number;
}

/** `minMs` doubled `failures - 1` times up to `maxMs`, give or take a quarter, so that keys that failed together come apart. */
export function exponential({ minMs, maxMs }: BackoffRange, failures: number, random: () => number): number {
  // Beyond 2^30 the doubling is past any maximum, and further on it is no longer a number.
  const doubled = minMs * 2 ** Math.min(Math.max(failures - 1, 0), 30);
  return Math.min(doubled, maxMs) * (0.75 + random() / 2);
}

/** The delays of one thing that fails now and then: they start over once it has not failed for `healthyMs`. */
export function createBackoff(range: BackoffRange & { healthyMs: number }, clock: Clock, random: () => number) {
  let failures = 0;
  let lastFailure = Number.NEGATIVE_INFINITY;
  return {
    next(): number {
      if (clock.now() - lastFailure > range.healthyMs) failures = 0;
      failures += 1;
      lastFailure = clock.now();
      return exponential(range, failures, random);
    },
  };
}
