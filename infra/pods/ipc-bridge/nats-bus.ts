import { connect, credsAuthenticator, headers, type NatsConnection } from 'nats';
import { describeError, type Log } from '../ipc/log.ts';
import type { OutgoingMessage, PodBus } from './bus.ts';

export interface NatsBusOptions {
  /** One or more URLs, parted by commas. */
  url: string;
  /** Creds text; empty for none. */
  credentials: string;
  name: string;
  /** Where replies come, when not the common inbox: the only one that a run's credentials let its pod hear. */
  inboxPrefix?: string;
  log: Log;
}

const RECONNECT_WAIT_MS = 500;
const ACK_TIMEOUT_MS = 5000;
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;
const CLOSE_TIMEOUT_MS = 1000;

/** A bus on NATS JetStream. Returns at once and connects in the background, however long that takes. */
export function createNatsBus(options: NatsBusOptions): PodBus {
  const { log } = options;
  let connection: NatsConnection | undefined;
  let closed = false;
  const connected = connect(connectOptions(options)).then(async (established) => {
    connection = established;
    log.info('Connected to the bus');
    if (closed) await established.close();
    return established;
  });
  connected.catch((error: unknown) => log.error('Could not connect to the bus', { error: describeError(error) }));

  return {
    publish: (message) => publish(connection, message),
    maxPayload: () => connection?.info?.max_payload ?? DEFAULT_MAX_PAYLOAD,
    subscribe(subject, deliver) {
      void connected.then(
        (established) =>
          established.subscribe(subject, {
            // Refused permissions come here too; inputs are a convenience, so the run goes on without.
            callback: (error, message) => {
              if (error) log.warn('Subscription failed', { subject, error: describeError(error) });
              else deliver(message.string());
            },
          }),
        () => undefined,
      );
    },
    async close() {
      closed = true;
      const timeout = new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref());
      await Promise.race([connection?.close(), timeout]);
    },
  };
}

async function publish(connection: NatsConnection | undefined, message: OutgoingMessage): Promise<void> {
  if (!connection) throw new Error('not connected yet');
  const sent = headers();
  for (const [name, value] of Object.entries(message.headers)) sent.set(name, value);
  await connection
    .jetstream()
    .publish(message.subject, message.body, { msgID: message.id, headers: sent, timeout: ACK_TIMEOUT_MS });
}

function connectOptions({ url, credentials, name, inboxPrefix }: NatsBusOptions) {
  return {
    servers: url.split(',').map((server) => server.trim()),
    name,
    ...(inboxPrefix !== undefined && { inboxPrefix }),
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    // Credentials may be known to the server only a moment after the pod starts.
    ignoreAuthErrorAbort: true,
    // Its parser wants the line break that editors and environments like to drop.
    ...(credentials && { authenticator: credsAuthenticator(new TextEncoder().encode(`${credentials.trim()}\n`)) }),
  };
}
