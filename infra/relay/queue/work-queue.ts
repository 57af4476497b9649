import type { Clock } from './clock.ts';

/** What a work queue tells its metrics. Durations in milliseconds. */
export interface QueueObserver {
  added(): void;
  taken(waitedMs: number): void;
  done(workedMs: number): void;
  retried(): void;
}

export interface WorkQueueOptions {
  clock: Clock;
  /** Delay before the pass after the n-th failure in a row, in milliseconds. */
  retryDelay: (failures: number) => number;
  observer: QueueObserver;
  /** Called whenever a key may have become available to `take`. */
  onAvailable: () => void;
}

/** Longer requests fire early, which costs a pass and loses nothing; Node's timers end at 24.8 days. */
const MAX_DELAY_MS = 86_400_000;

/**
 * A set of keys (`<namespace>/<name>`) with client-go's semantics: a key added several times before its pass counts once,
 * is never taken twice at a time, and when added during its pass is taken once more after it. Namespaces take turns; within
 * one, first come is first served.
 */
export function createWorkQueue({ clock, retryDelay, observer, onAvailable }: WorkQueueOptions) {
  /** Keys that need a pass, by the time they were added; those in `processing` wait for `done`. */
  const dirty = new Map<string, number>();
  const processing = new Map<string, number>();
  /** Keys that can be taken. The first namespace is the next in turn. */
  const waiting = new Map<string, string[]>();
  const failures = new Map<string, number>();
  const timers = new Map<string, { at: number; cancel: () => void }>();

  function enqueue(key: string): void {
    const namespace = namespaceOf(key);
    const line = waiting.get(namespace);
    if (line === undefined) waiting.set(namespace, [key]);
    else line.push(key);
    onAvailable();
  }

  function add(key: string): void {
    if (dirty.has(key)) return;
    dirty.set(key, clock.now());
    observer.added();
    if (!processing.has(key)) enqueue(key);
  }

  function cancelTimer(key: string): void {
    timers.get(key)?.cancel();
    timers.delete(key);
  }

  /** The next key, which is then being processed until `done`. Its timer ends: the pass that starts now decides anew. */
  function take(): string | undefined {
    for (const [namespace, line] of waiting) {
      const key = line.shift();
      waiting.delete(namespace);
      if (line.length > 0) waiting.set(namespace, line);
      if (key === undefined) continue;
      const now = clock.now();
      observer.taken(now - (dirty.get(key) ?? now));
      dirty.delete(key);
      processing.set(key, now);
      cancelTimer(key);
      return key;
    }
    return undefined;
  }

  function done(key: string): void {
    const startedAt = processing.get(key);
    if (startedAt === undefined) return;
    processing.delete(key);
    observer.done(clock.now() - startedAt);
    if (dirty.has(key)) enqueue(key);
  }

  /** Ends a pass that never began, such as one refused by a throttled function: the key keeps its place at the front. */
  function putBack(key: string): void {
    if (!processing.delete(key)) return;
    if (!dirty.has(key)) dirty.set(key, clock.now());
    const namespace = namespaceOf(key);
    waiting.set(namespace, [key, ...(waiting.get(namespace) ?? [])]);
    onAvailable();
  }

  /** Adds the key after `ms`; of several such requests the soonest holds. */
  function addAfter(key: string, ms: number): void {
    const delay = Math.min(ms, MAX_DELAY_MS);
    if (delay <= 0) {
      add(key);
      return;
    }
    const at = clock.now() + delay;
    const timer = timers.get(key);
    if (timer !== undefined && timer.at <= at) return;
    timer?.cancel();
    const cancel = clock.after(delay, () => {
      timers.delete(key);
      add(key);
    });
    timers.set(key, { at, cancel });
  }

  /** Adds the key after a delay that grows with each failure in a row. */
  function retry(key: string): void {
    const count = (failures.get(key) ?? 0) + 1;
    failures.set(key, count);
    observer.retried();
    addAfter(key, retryDelay(count));
  }

  return {
    add,
    take,
    done,
    putBack,
    addAfter,
    retry,
    /** The key's failures in a row are over. */
    forget: (key: string): void => void failures.delete(key),
    /** The object is gone: nothing is due for it any more. A pass that an event has asked for still happens. */
    drop(key: string): void {
      failures.delete(key);
      cancelTimer(key);
    },
    failures: (key: string): number => failures.get(key) ?? 0,
    depth: (): number => dirty.size,
    /** When the passes under way began, by `clock.now`. */
    startTimes: (): Iterable<number> => processing.values(),
    close(): void {
      for (const { cancel } of timers.values()) cancel();
      timers.clear();
    },
    /** Keys that anything is remembered of, for tests of memory. */
    remembered: (): number =>
      new Set([...dirty.keys(), ...processing.keys(), ...failures.keys(), ...timers.keys()]).size,
  };
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
