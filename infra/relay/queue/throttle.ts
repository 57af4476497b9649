import { exponential } from './backoff.ts';
import type { Clock } from './clock.ts';

const RANGE = { minMs: 250, maxMs: 10_000 };
const MAX_RETRY_AFTER_MS = 30_000;

/**
 * Holds back from a whole function that refuses work or is not there. That is no failure of the key or message that met
 * it, so their own backoff is left alone.
 */
export function createThrottle(clock: Clock, random: () => number) {
  let level = 0;
  let until = Number.NEGATIVE_INFINITY;
  return {
    /** The function refused. `retryAfterMs` is what it asked for. */
    hit(retryAfterMs?: number): void {
      // Requests that were under way together are refused together, and count once.
      if (clock.now() < until) return;
      level += 1;
      const asked = Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
      until = clock.now() + Math.max(exponential(RANGE, level, random), asked);
    },
    clear(): void {
      level = 0;
    },
    remainingMs: (): number => Math.max(0, until - clock.now()),
    /** While true, one request at a time finds out whether the function is back. */
    probing: (): boolean => level > 0,
  };
}
