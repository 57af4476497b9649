import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { createKubeClient } from '../../shared/kube/client.ts';
import type { Connection } from '../../shared/kube/transport.ts';
import type { Tracing } from '../../shared/telemetry/otel.ts';
import { createAdmissionServer } from './admission/server.ts';
import type { RelayConfig } from './config.ts';
import { createControllers } from './controllers.ts';
import { createDeliver, type Deliver } from './delivery/deliver.ts';
import { createPost } from './delivery/post.ts';
import type { Memory } from './memory/memory.ts';
import { createMemoryService } from './memory/service.ts';
import { createControllerMetrics } from './metrics/controller-metrics.ts';
import { createRegistry } from './metrics/registry.ts';
import { createRelayMetrics } from './metrics/relay-metrics.ts';
import { type BusConnection, createBusConnection } from './nats/connection.ts';
import { createMessageBus } from './nats/message-bus.ts';
import { subscribeWakes } from './nats/wakes.ts';
import { type Clock, pause, systemClock } from './queue/clock.ts';
import { createRoutes } from './routes.ts';
import { createRelayServer } from './server.ts';
import { createSignedRequests } from './signed-request.ts';
import type { WatchTiming } from './watch/list-watch.ts';

export interface RelayOptions {
  config: RelayConfig;
  connection: Connection;
  tracing?: Tracing | undefined;
  clock?: Clock;
  random?: () => number;
  /** For tests, which cannot wait for minutes. */
  watchTiming?: WatchTiming;
  /** Deliveries until a message is parked; 30 take about two hours. */
  deliveryLimit?: number;
  /** Milliseconds without a sign until the bus delivers a message again. */
  ackWaitMs?: number;
}

export interface Relay {
  /** Where it listens. */
  url: string;
  /** Where it serves memories, when it does. */
  memoryUrl: string | undefined;
  /** What is not ready, in words; nothing once watches are synced and NATS is connected. */
  missing(): string[];
  /** Starts nothing further, waits for what is under way, and closes. */
  stop(): Promise<void>;
}

const DELIVERY_LIMIT = 30;
const ACK_WAIT_MS = 10_000;
/** Beside this file in the sources and in the bundle, which keeps their layout. */
const MEMORY_WORKER = new URL(`./memory/worker${extname(import.meta.url)}`, import.meta.url);

/** Wires and starts a relay. It serves at once, whether or not Kubernetes, NATS and the functions are there. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { config, tracing, clock = systemClock, random = Math.random } = options;
  const { functions } = config;
  const now = () => new Date();
  const kube = createKubeClient(options.connection);
  const { post, close: closePost } = createPost(config.FUNCTIONS_URL);
  const [secret] = config.RELAY_TO_FUNCTION_SECRETS;
  if (secret === undefined) throw new Error('A secret for the functions must be given');
  const deliver = createDeliver({ post, secret, source: `/relay/${config.RELAY_SHARD}`, now, tracing });

  const registry = createRegistry();
  const names = functions.filter(({ reconciles }) => reconciles !== undefined).map(({ name }) => name);
  const controllerMetrics = createControllerMetrics(registry, names, clock.now);
  const bus = createBusConnection({ url: config.NATS_URL, credsFile: config.NATS_CREDS_FILE, clock });
  const metrics = createRelayMetrics(registry, {
    natsConnected: () => bus.current() !== undefined,
    watched: () => controllers.watches.sizes(),
  });
  const controllers = createControllers({
    kube,
    functions,
    deliver,
    clock,
    random,
    metrics: controllerMetrics,
    watchMetrics: metrics,
    ...(options.watchTiming !== undefined && { timing: options.watchTiming }),
  });
  subscribeWakes(bus, controllers.wakers, clock);
  const { deliveryLimit = DELIVERY_LIMIT, ackWaitMs = ACK_WAIT_MS } = options;
  const messages = createMessageBus({
    bus,
    functions,
    deliver,
    clock,
    random,
    deliveryLimit,
    ackWaitMs,
    observe: metrics.message,
  });

  const memory = createMemoryService(config, MEMORY_WORKER);
  const { render } = registry;
  const server = createServerOf({ config, bus, deliver, controllers, memory: memory?.memory, metrics, render });
  const url = await listen(server.http, config.RELAY_HOST, config.RELAY_PORT);
  const memoryUrl = memory && (await listen(memory.server, config.RELAY_HOST, config.MEMORY_PORT));
  const admission = createAdmissionServer(config, post, secret);
  if (admission !== undefined) await listen(admission.server, config.RELAY_HOST, config.ADMISSION_PORT);
  messages.start();
  bus.start();
  controllers.start();
  return {
    url,
    memoryUrl,
    missing: server.missing,
    async stop() {
      // Functions under way may still publish, so the server and the bus go last.
      await Promise.all([controllers.stop(), messages.stop()]);
      admission?.stop();
      server.http.close();
      server.http.closeAllConnections();
      await Promise.all([bus.stop(), memory?.stop()]);
      kube.close();
      closePost();
    },
  };
}

interface ServerParts {
  config: RelayConfig;
  bus: BusConnection;
  deliver: Deliver;
  controllers: ReturnType<typeof createControllers>;
  memory: Memory | undefined;
  metrics: ReturnType<typeof createRelayMetrics>;
  render: () => string;
}

function createServerOf({ config, bus, deliver, controllers, memory, metrics, render }: ServerParts) {
  const missing = () => [...controllers.watches.missing(), ...(bus.current() === undefined ? ['nats'] : [])];
  const secrets = config.FUNCTION_TO_RELAY_SECRETS.map((one) => one.reveal());
  const signed = createSignedRequests(secrets, () => new Date());
  const { functions } = config;
  const { published } = metrics;
  const http = createRelayServer(
    createRoutes({ bus, functions, deliver, signed, published, memory, metrics: render, missing }),
  );
  return { http, missing };
}

function listen(server: Server | TlsServer, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { address, port: taken, family } = server.address() as AddressInfo;
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`);
    });
  });
}

/** Resolves once the relay misses nothing of `needed`. */
export async function whenSynced(relay: Relay, isNeeded: (what: string) => boolean, clock: Clock): Promise<void> {
  while (relay.missing().some(isNeeded)) await pause(clock, 20);
}
