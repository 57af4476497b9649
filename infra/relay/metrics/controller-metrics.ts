import type { Delivery } from '../delivery/delivery.ts';
import type { Controller, ControllerObserver } from '../queue/controller.ts';
import type { Registry } from './registry.ts';

/** controller-runtime's and client-go's own bounds, in seconds, so that their dashboards fit. */
const RECONCILE_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const QUEUE_SECONDS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];

interface Watched {
  concurrency: number;
  controller: Controller;
}

export type ControllerMetrics = ReturnType<typeof createControllerMetrics>;

/** The metrics of the reconcilers under the names that controller dashboards expect. `names` are the functions. */
export function createControllerMetrics(registry: Registry, names: readonly string[], now: () => number) {
  const controllers = new Map<string, Watched>();
  const reconcile = reconcileMetrics(registry, names);
  const queue = queueMetrics(registry, names);

  const each = (read: (watched: Watched) => number) =>
    [...controllers].map(([name, one]) => [byController(name), read(one)] as [Record<string, string>, number]);
  const eachQueue = (read: (controller: Controller) => number) =>
    [...controllers].map(([name, one]) => [byQueue(name), read(one.controller)] as [Record<string, string>, number]);
  const ages = (controller: Controller) => [...controller.startTimes()].map((startedAt) => (now() - startedAt) / 1000);

  registry.gauge('controller_runtime_max_concurrent_reconciles', 'Passes at a time.', () =>
    each((one) => one.concurrency),
  );
  registry.gauge('controller_runtime_active_workers', 'Passes under way.', () =>
    each((one) => one.controller.active()),
  );
  registry.gauge('workqueue_depth', 'Keys that wait for a pass.', () => eachQueue((one) => one.depth()));
  registry.gauge('workqueue_unfinished_work_seconds', 'Seconds of work in passes under way.', () =>
    eachQueue((one) => ages(one).reduce((sum, age) => sum + age, 0)),
  );
  registry.gauge('workqueue_longest_running_processor_seconds', 'Seconds of the longest pass under way.', () =>
    eachQueue((one) => ages(one).reduce((most, age) => Math.max(most, age), 0)),
  );

  return {
    observerOf(name: string): ControllerObserver {
      return { ...queue(name), passed: (delivery, ms) => reconcile(name, delivery, ms / 1000) };
    },
    watch: (name: string, watched: Watched): void => void controllers.set(name, watched),
  };
}

function reconcileMetrics(registry: Registry, names: readonly string[]) {
  const results = ['success', 'error', 'requeue', 'requeue_after'];
  const initial = names.flatMap((name) => results.map((result) => ({ controller: name, result })));
  const zero = names.map(byController);
  const total = registry.counter('controller_runtime_reconcile_total', 'Passes, by result.', initial);
  const errors = registry.counter('controller_runtime_reconcile_errors_total', 'Passes that failed.', zero);
  const terminal = registry.counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Passes that failed for good, until the object changes.',
    zero,
  );
  const seconds = registry.histogram(
    'controller_runtime_reconcile_time_seconds',
    'Seconds per pass.',
    RECONCILE_SECONDS,
  );
  const throttled = registry.counter('sympozium_relay_throttled_total', 'Calls that a function took not up.', []);

  return (name: string, delivery: Delivery, took: number): void => {
    if (delivery.kind === 'throttled') {
      throttled.add({ controller: name, cause: delivery.cause });
      return;
    }
    const outcome = delivery.kind === 'replied' ? delivery.reply.outcome : 'retry';
    const failed = outcome === 'retry' || outcome === 'terminal';
    const result = failed ? 'error' : outcome === 'requeueAfter' ? 'requeue_after' : 'success';
    total.add({ controller: name, result });
    if (failed) errors.add({ controller: name });
    if (outcome === 'terminal') terminal.add({ controller: name });
    seconds.observe({ controller: name }, took);
  };
}

function queueMetrics(registry: Registry, names: readonly string[]) {
  const zero = names.map(byQueue);
  const adds = registry.counter('workqueue_adds_total', 'Keys added.', zero);
  const retries = registry.counter('workqueue_retries_total', 'Keys added again after a failure.', zero);
  const waited = registry.histogram('workqueue_queue_duration_seconds', 'Seconds from added to taken.', QUEUE_SECONDS);
  const worked = registry.histogram('workqueue_work_duration_seconds', 'Seconds from taken to done.', QUEUE_SECONDS);

  return (name: string) => {
    const labels = byQueue(name);
    return {
      added: () => adds.add(labels),
      taken: (ms: number) => waited.observe(labels, ms / 1000),
      done: (ms: number) => worked.observe(labels, ms / 1000),
      retried: () => retries.add(labels),
    };
  };
}

const byController = (name: string) => ({ controller: name });
const byQueue = (name: string) => ({ controller: name, name });
