import { readFileSync } from 'node:fs';
import { type ConnectionOptions, connect, credsAuthenticator, Events, type NatsConnection } from 'nats';
import { log } from '../../../shared/telemetry/log.ts';
import { type Clock, pause } from '../queue/clock.ts';

export interface BusConnectionOptions {
  url: string;
  /** A NATS creds file, read anew at each connect, because credentials rotate. */
  credsFile?: string | undefined;
  clock: Clock;
}

export type BusConnection = ReturnType<typeof createBusConnection>;

const RETRY_MS = 1_000;

/** A connection that is made in the background and never given up. */
export function createBusConnection({ url, credsFile, clock }: BusConnectionOptions) {
  const stopping = new AbortController();
  const listeners: { connected: (() => void)[]; lost: (() => void)[] } = { connected: [], lost: [] };
  let connection: NatsConnection | undefined;
  let up = false;
  let complained = false;

  const options: ConnectionOptions = {
    servers: url.split(','),
    name: 'sympozium-relay',
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    // Refused credentials may be rotated ones; giving up would need a person.
    ignoreAuthErrorAbort: true,
    pingInterval: 20_000,
    noAsyncTraces: true,
    ...(credsFile !== undefined && { authenticator: (nonce) => credsAuthenticator(readFileSync(credsFile))(nonce) }),
  };

  function mark(connected: boolean): void {
    if (up === connected || stopping.signal.aborted) return;
    up = connected;
    log('info', connected ? 'Connected to NATS' : 'Lost NATS', { url: redact(url) });
    for (const tell of connected ? listeners.connected : listeners.lost) tell();
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        connection = await connect(options);
        mark(true);
        await follow(connection);
      } catch (error) {
        // Once, not every second of an outage.
        if (!complained) log('warn', 'NATS did not answer', { url: redact(url), error: String(error) });
        complained = true;
      }
      mark(false);
      connection = undefined;
      await pause(clock, RETRY_MS, stopping.signal);
    }
  }

  /** Until the client gives the connection up for good, which it should not. */
  async function follow(current: NatsConnection): Promise<void> {
    for await (const { type } of current.status()) {
      if (type === Events.Disconnect) mark(false);
      else if (type === Events.Reconnect) mark(true);
    }
    await current.closed();
  }

  return {
    start: (): void => void run(),
    /** The connection while it stands. */
    current: (): NatsConnection | undefined => (up ? connection : undefined),
    onConnected: (listener: () => void): void => void listeners.connected.push(listener),
    onLost: (listener: () => void): void => void listeners.lost.push(listener),
    async stop(): Promise<void> {
      const last = connection;
      stopping.abort();
      if (last === undefined || last.isClosed()) return;
      // What is still to be sent goes out first where there is a connection to take it.
      await (up ? last.drain() : last.close()).catch(() => last.close());
    },
  };
}

function redact(url: string): string {
  return url.replaceAll(/\/\/[^@/]*@/g, '//');
}
