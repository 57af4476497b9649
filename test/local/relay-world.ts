import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from 'nats';
import { afterEach, expect } from 'vitest';
import { freePort } from '../../infra/local/free-port.ts';
import { findNatsServer } from '../../infra/local/nats/find.ts';
import { canConnect } from '../../infra/local/nats/server.ts';
import type { RelayFunction } from '../../infra/relay/config.ts';
import { type Relay, type RelayOptions, startRelay } from '../../infra/relay/relay.ts';
import type { Bus } from '../../shared/bus/bus.ts';
import { createRelayBus } from '../../shared/bus/relay-bus.ts';
import { Secret } from '../../shared/config/load.ts';
import type { MessageEnvelope, ReconcileEnvelope } from '../../shared/delivery/envelope.ts';
import { createReceiver } from '../../shared/delivery/receive.ts';
import type { Reply } from '../../shared/delivery/reply.ts';

export const CHANNEL = 'sympozium.channel.message.received';
export const TO_FUNCTION = 'to-function';
export const TO_RELAY = 'to-relay';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

export const until = (condition: () => unknown, timeout = 20_000) =>
  expect.poll(async () => Boolean(await condition()), { timeout, interval: 25 }).toBe(true);

/** A real NATS server with a store of its own, which can be killed and started anew over the same store. */
export async function aNatsServer() {
  const program = await findNatsServer();
  const store = mkdtempSync(join(tmpdir(), 'relay-nats-'));
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const nats = {
    url,
    /** Resolves once it takes connections. */
    async start() {
      child = spawn(program, ['-js', '-sd', store, '-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
      await canConnect(port);
    },
    /** As a crash would. */
    async kill() {
      const dying = child;
      child = undefined;
      if (dying === undefined || dying.exitCode !== null) return;
      const gone = new Promise((resolve) => dying.once('exit', resolve));
      dying.kill('SIGKILL');
      await gone;
    },
    async client(): Promise<NatsConnection> {
      const connection = await connect({ servers: url, waitOnFirstConnect: true, maxReconnectAttempts: -1 });
      closing.push(() => connection.close());
      return connection;
    },
  };
  closing.push(async () => {
    await nats.kill();
    rmSync(store, { recursive: true, force: true });
  });
  return nats;
}

export type Call = ReconcileEnvelope | MessageEnvelope;

/** The functions of a world, on a real port: they check signatures as ours do, record every call, and answer with `answer`. */
export async function theFunctions(answer: (call: Call) => Reply | Promise<Reply>, port = 0) {
  const calls: Call[] = [];
  const receive = createReceiver([TO_FUNCTION], () => new Date());
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = new Headers(Object.entries(request.headers) as [string, string][]);
    const envelope = await receive(
      new Request('http://function/', { method: 'POST', headers, body: Buffer.concat(chunks) }),
    );
    if (envelope.type === 'ai.sympozium.tick' || envelope.type === 'ai.sympozium.admission') {
      throw new Error(`No ${envelope.type} is expected here`);
    }
    calls.push(envelope);
    const reply = await answer(envelope);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

export const aRouter = (change: Partial<RelayFunction> = {}): RelayFunction => ({
  name: 'route-channel',
  timeoutSeconds: 20,
  concurrency: 4,
  subjects: [CHANNEL],
  ...change,
});

export interface RelayWorld {
  relay: Relay;
  bus: Bus;
}

/** A relay in this process, without Kubernetes unless `more.connection` says where. */
export async function aRelay(
  places: { natsUrl: string; functionsUrl: string },
  functions: RelayFunction[] = [aRouter()],
  more: Partial<RelayOptions> = {},
): Promise<RelayWorld> {
  const config = {
    RELAY_CONFIG: 'unused',
    FUNCTIONS_URL: places.functionsUrl,
    NATS_URL: places.natsUrl,
    RELAY_HOST: '127.0.0.1',
    RELAY_PORT: 0,
    RELAY_SHARD: '0',
    MEMORY_PORT: 0,
    MEMORY_FOLDER: 'unused',
    MEMORY_MAX_ENTRIES: 20_000,
    MEMORY_MAX_MB: 64,
    ADMISSION_PORT: 0,
    RELAY_TO_FUNCTION_SECRETS: [new Secret(TO_FUNCTION)],
    FUNCTION_TO_RELAY_SECRETS: [new Secret(TO_RELAY), new Secret('older-key')],
    functions,
  };
  const relay = await startRelay({ config, connection: { server: 'http://127.0.0.1:1' }, ackWaitMs: 2_000, ...more });
  closing.push(() => relay.stop());
  return { relay, bus: createRelayBus({ url: relay.url, secret: new Secret(TO_RELAY), now: () => new Date() }) };
}

/** Publishes as a function does: with the same id until it is acknowledged. */
export async function publishSurely(bus: Bus, id: string, subject = CHANNEL): Promise<void> {
  await until(() =>
    bus.publish({ id, subject, payload: { data: id } }).then(
      () => true,
      () => false,
    ),
  );
}

/** What each message call carried, in order. */
export function dataOf(calls: readonly Call[]): unknown[] {
  return calls.flatMap((call) => {
    if (call.type !== 'ai.sympozium.message') return [];
    const { message } = call.data;
    return [typeof message === 'object' && message !== null && 'data' in message ? message.data : message];
  });
}
