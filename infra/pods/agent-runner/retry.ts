import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../ipc/log.ts';

export interface RetryPolicy {
  maxRetries: number;
  /** First pause; doubled each time up to `maxDelayMs`. */
  baseDelayMs?: number;
  maxDelayMs?: number;
}

/** A failure that another try may cure. `afterMs` is what the server asked for. */
export interface Retryable {
  afterMs?: number;
}

const LONGEST_REQUESTED_PAUSE_MS = 60_000;

/** Runs `attempt` until it succeeds, `retryable` says no, the tries are used up, or `signal` fires. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  retryable: (error: unknown) => Retryable | undefined,
  policy: RetryPolicy,
  { signal, log }: { signal: AbortSignal; log: Log },
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const verdict = signal.aborted ? undefined : retryable(error);
      if (!verdict || tries >= policy.maxRetries) throw error;
      const delay = pause(tries, verdict, policy);
      log.warn('Model request failed, trying again', { attempt: tries + 1, delayMs: Math.round(delay) });
      await sleep(delay, undefined, { signal });
    }
  }
}

function pause(tries: number, { afterMs }: Retryable, policy: RetryPolicy): number {
  if (afterMs !== undefined) return Math.min(afterMs, LONGEST_REQUESTED_PAUSE_MS);
  const full = Math.min(policy.maxDelayMs ?? 8000, (policy.baseDelayMs ?? 500) * 2 ** tries);
  return full * (0.75 + Math.random() / 4);
}
