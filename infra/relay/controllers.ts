import type { KubeClient } from '../../shared/kube/client.ts';
import { log } from '../../shared/telemetry/log.ts';
import type { RelayFunction } from './config.ts';
import type { Deliver } from './delivery/deliver.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { ControllerMetrics } from './metrics/controller-metrics.ts';
import type { SubjectWaker } from './nats/wakes.ts';
import type { Clock } from './queue/clock.ts';
import { type Controller, createController } from './queue/controller.ts';
import type { WatchTiming, WatchTrouble } from './watch/list-watch.ts';
import { createWatches } from './watch/watches.ts';

export interface ControllersOptions {
  kube: Pick<KubeClient, 'page' | 'watch'>;
  functions: readonly RelayFunction[];
  deliver: Deliver;
  clock: Clock;
  random: () => number;
  metrics: ControllerMetrics;
  watchMetrics: { listed(resource: string): void; troubled(resource: string, cause: WatchTrouble): void };
  timing?: WatchTiming;
}

/** A function whose lists do not all succeed, say for a kind that is not installed, starts after this all the same. */
const START_ANYWAY_MS = 10_000;

/** A controller for every function that reconciles, fed by the watches that it shares with the others. */
export function createControllers({ functions, deliver, metrics, watchMetrics, ...rest }: ControllersOptions) {
  const { clock, random } = rest;
  const controllers = new Map<string, Controller>();
  for (const { name, concurrency, timeoutSeconds, reconciles } of functions) {
    if (reconciles === undefined) continue;
    const { plural } = reconciles.primary.resource;
    const pass = async (key: string, attempt: number): Promise<Delivery> => {
      const content = { type: 'ai.sympozium.reconcile' as const, subject: `${plural}/${key}`, data: { attempt } };
      const delivery = await deliver({ functionName: name, timeoutSeconds, content });
      logFailure(name, key, attempt, delivery);
      return delivery;
    };
    const observer = metrics.observerOf(name);
    const controller = createController({ concurrency, clock, random, deliver: pass, observer });
    controllers.set(name, controller);
    metrics.watch(name, { concurrency, controller });
  }

  function controllerOf(name: string): Controller {
    const controller = controllers.get(name);
    if (controller === undefined) throw new Error(`${name} does not reconcile`);
    return controller;
  }

  const watches = createWatches({
    ...rest,
    functions,
    sinkOf: controllerOf,
    observe: ({ plural }) => ({
      listed() {
        watchMetrics.listed(plural);
        startSynced();
      },
      absent: startSynced,
      troubled(trouble, error) {
        watchMetrics.troubled(plural, trouble);
        log('warn', 'Watch had to start anew', {
          resource: plural,
          trouble,
          error: String(error),
        });
      },
    }),
  });

  function startSynced(): void {
    for (const [name, controller] of controllers) if (watches.syncedFor(name)) controller.start();
  }

  const wakers: SubjectWaker[] = functions.flatMap(({ name, reconciles }) =>
    (reconciles?.subjects ?? []).map((wake) => ({
      wake,
      add: (named: string) => {
        const key = watches.resolve(name, named);
        if (key !== undefined) controllerOf(name).add(key);
      },
    })),
  );

  let cancelStart: (() => void) | undefined;
  return {
    watches,
    wakers,
    start(): void {
      watches.start();
      cancelStart = clock.after(START_ANYWAY_MS, () => {
        for (const controller of controllers.values()) controller.start();
      });
    },
    async stop(): Promise<void> {
      cancelStart?.();
      watches.stop();
      await Promise.all([...controllers.values()].map((controller) => controller.stop()));
    },
  };
}

/** From this failure in a row on, a retry is worth a line; those before are everyday conflicts. */
const LOUD_ATTEMPT = 3;

function logFailure(controller: string, key: string, attempt: number, delivery: Delivery): void {
  const reply = delivery.kind === 'replied' ? delivery.reply : undefined;
  if (reply?.outcome === 'terminal') log('warn', 'Pass failed for good', { controller, key, code: reply.code });
  if (attempt < LOUD_ATTEMPT) return;
  if (reply?.outcome === 'retry') log('warn', 'Pass is retried', { controller, key, attempt, code: reply.code });
  else if (delivery.kind === 'failed')
    log('warn', 'Pass had no reply', { controller, key, attempt, cause: delivery.cause });
}
