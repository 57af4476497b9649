import type { Delivery } from '../delivery/delivery.ts';
import { exponential } from './backoff.ts';
import type { Clock } from './clock.ts';
import { createThrottle } from './throttle.ts';
import { createWorkQueue, type QueueObserver } from './work-queue.ts';

/** Per-key backoff; client-go's grows to 1,000 s, which is long for a person who waits. */
const KEY_BACKOFF = { minMs: 50, maxMs: 300_000 };

export interface ControllerObserver extends QueueObserver {
  /** A pass has ended after `ms`. */
  passed(delivery: Delivery, ms: number): void;
}

export interface ControllerOptions {
  /** Passes at a time. */
  concurrency: number;
  clock: Clock;
  random: () => number;
  /** Runs one pass; `attempt` counts the failures in a row before it. */
  deliver: (key: string, attempt: number) => Promise<Delivery>;
  observer: ControllerObserver;
}

export type Controller = ReturnType<typeof createController>;

/** Runs the passes of one function over its work queue, and does with each key what the reply says. */
export function createController({ concurrency, clock, random, deliver, observer }: ControllerOptions) {
  let state: 'waiting' | 'running' | 'stopped' = 'waiting';
  let active = 0;
  let cancelResume: (() => void) | undefined;
  let idle: (() => void) | undefined;
  const throttle = createThrottle(clock, random);
  const queue = createWorkQueue({
    clock,
    retryDelay: (failures) => exponential(KEY_BACKOFF, failures, random),
    observer,
    onAvailable: pump,
  });

  function pump(): void {
    while (state === 'running' && active < (throttle.probing() ? 1 : concurrency)) {
      const wait = throttle.remainingMs();
      if (wait > 0) {
        resumeAfter(wait);
        return;
      }
      const key = queue.take();
      if (key === undefined) return;
      active += 1;
      void pass(key);
    }
  }

  function resumeAfter(ms: number): void {
    cancelResume?.();
    cancelResume = clock.after(ms, pump);
  }

  async function pass(key: string): Promise<void> {
    const startedAt = clock.now();
    const delivery = await deliver(key, queue.failures(key)).catch(
      (): Delivery => ({ kind: 'failed', cause: 'INTERNAL' }),
    );
    observer.passed(delivery, clock.now() - startedAt);
    active -= 1;
    conclude(key, delivery);
    pump();
    if (active === 0) idle?.();
  }

  function conclude(key: string, delivery: Delivery): void {
    if (delivery.kind === 'throttled') {
      throttle.hit(delivery.retryAfterMs);
      queue.putBack(key);
      return;
    }
    throttle.clear();
    const outcome = delivery.kind === 'replied' ? delivery.reply.outcome : 'retry';
    if (outcome === 'retry') queue.retry(key);
    else queue.forget(key);
    if (delivery.kind === 'replied' && delivery.reply.outcome === 'requeueAfter') {
      queue.addAfter(key, delivery.reply.seconds * 1000);
    }
    queue.done(key);
  }

  return {
    add: queue.add,
    drop: queue.drop,
    depth: queue.depth,
    startTimes: queue.startTimes,
    remembered: queue.remembered,
    active: (): number => active,
    /** Passes begin only now, so that the events of all first lists fall into one pass per key. */
    start(): void {
      if (state !== 'waiting') return;
      state = 'running';
      pump();
    },
    /** Starts no further pass, and waits for those under way. */
    async stop(): Promise<void> {
      state = 'stopped';
      cancelResume?.();
      queue.close();
      if (active > 0) await new Promise<void>((resolve) => (idle = resolve));
    },
  };
}
