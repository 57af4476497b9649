import { AckPolicy, type Consumer, type ConsumerMessages, DeliverPolicy, nanos } from 'nats';
import { STREAM } from '../../../shared/bus/subjects.ts';
import { log } from '../../../shared/telemetry/log.ts';
import { type Clock, pause } from '../queue/clock.ts';
import type { BusConnection } from './connection.ts';
import type { MessageHandler } from './message-handler.ts';
import { connected, managerOf } from './stored-messages.ts';
import { ensureStreams, isApiError } from './streams.ts';

export interface ConsumerLoopOptions {
  bus: BusConnection;
  /** Durable name. */
  durable: string;
  subject: string;
  /** No message before the one ahead of it is dealt with, also when that is retried. */
  inOrder: boolean;
  /** Messages in hand at a time, shared by the consumers of a function. */
  slots: Slots;
  handle: MessageHandler;
  ackWaitMs: number;
  clock: Clock;
}

/** JetStream's own code. */
const CONSUMER_NOT_FOUND = 10014;
const FETCH_MS = 10_000;
/** Messages given out and not dealt with, those that wait for a retry among them. */
const MAX_PENDING = 1_000;
const RETRY_MS = 1_000;

/** Counts what is in hand against a limit. */
export type Slots = ReturnType<typeof createSlots>;

export function createSlots(limit: number) {
  let used = 0;
  let waiters: (() => void)[] = [];
  return {
    /** Resolves once at least one is free. */
    async free(): Promise<number> {
      while (used >= limit) await new Promise<void>((resolve) => waiters.push(resolve));
      return limit - used;
    },
    take(): void {
      used += 1;
    },
    give(): void {
      used -= 1;
      const awake = waiters;
      waiters = [];
      for (const wake of awake) wake();
    },
    used: (): number => used,
  };
}

/** Pulls one durable consumer's messages for as long as the relay runs, making stream and consumer anew when they are lost. */
export function createConsumerLoop(options: ConsumerLoopOptions) {
  const { bus, durable, subject, inOrder, slots, handle, ackWaitMs, clock } = options;
  const stopping = new AbortController();
  let fetching: ConsumerMessages | undefined;
  let consumer: Consumer | undefined;
  // What is under way on a broken connection never ends by itself.
  const reset = () => {
    consumer = undefined;
    void fetching?.close();
  };
  bus.onLost(reset);
  bus.onConnected(reset);

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await pull();
      } catch (error) {
        consumer = undefined;
        if (bus.current() !== undefined) log('warn', 'Could not pull messages', { durable, error: String(error) });
        await pause(clock, RETRY_MS, stopping.signal);
      }
    }
  }

  async function pull(): Promise<void> {
    const batch = await slots.free();
    consumer ??= await ensureConsumer();
    fetching = await consumer.fetch({ max_messages: batch, expires: FETCH_MS });
    let received = 0;
    for await (const message of fetching) {
      received += 1;
      slots.take();
      void handle(message)
        .catch((error: unknown) => log('warn', 'Message stays with the bus', { durable, error: String(error) }))
        .finally(slots.give);
    }
    // A consumer that was deleted also gives no messages.
    if (received === 0) consumer = undefined;
  }

  async function ensureConsumer(): Promise<Consumer> {
    const manager = await managerOf(bus);
    await ensureStreams(manager);
    const settings = {
      ack_wait: nanos(ackWaitMs),
      max_deliver: -1,
      max_ack_pending: inOrder ? 1 : MAX_PENDING,
      filter_subject: subject,
    };
    const exists = await manager.consumers.info(STREAM, durable).catch((error: unknown) => {
      if (isApiError(error, CONSUMER_NOT_FOUND)) return undefined;
      throw error;
    });
    if (exists === undefined) {
      // What was published before the first start is not lost either.
      const policies = { ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All };
      await manager.consumers.add(STREAM, { ...settings, ...policies, durable_name: durable });
    } else if (Object.entries(settings).some(([name, value]) => Reflect.get(exists.config, name) !== value)) {
      await manager.consumers.update(STREAM, durable, settings);
    }
    return connected(bus).jetstream().consumers.get(STREAM, durable);
  }

  return {
    start: (): void => void run(),
    stop(): void {
      stopping.abort();
      void fetching?.close();
    },
  };
}

/** One durable per subject, because a consumer of NATS 2.9 filters one; named after the function and the subject. */
export function durableName(functionName: string, subject: string): string {
  return `${functionName}_${subject.replaceAll(/[.*>]/g, '_')}`;
}
