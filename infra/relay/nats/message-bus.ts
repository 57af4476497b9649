import { log } from '../../../shared/telemetry/log.ts';
import type { RelayFunction } from '../config.ts';
import type { Deliver } from '../delivery/deliver.ts';
import { type Clock, pause } from '../queue/clock.ts';
import type { BusConnection } from './connection.ts';
import { createConsumerLoop, createSlots, durableName, type Slots } from './consumer.ts';
import { createMessageHandler, type MessageOutcome } from './message-handler.ts';
import { managerOf } from './stored-messages.ts';
import { ensureStreams } from './streams.ts';

export interface MessageBusOptions {
  bus: BusConnection;
  functions: readonly RelayFunction[];
  deliver: Deliver;
  clock: Clock;
  random: () => number;
  deliveryLimit: number;
  ackWaitMs: number;
  observe: (functionName: string, outcome: MessageOutcome, reason?: string) => void;
}

const STREAMS_RETRY_MS = 2_000;

/** The streams, and the durable consumers of every function that takes messages. */
export function createMessageBus({ bus, functions, observe, ...rest }: MessageBusOptions) {
  const stopping = new AbortController();
  const inHand: Slots[] = [];
  const loops = functions.flatMap(({ name, timeoutSeconds, concurrency, subjects = [], inOrder = false }) => {
    const slots = createSlots(concurrency);
    inHand.push(slots);
    const handle = createMessageHandler({
      ...rest,
      bus,
      functionName: name,
      timeoutSeconds,
      signal: stopping.signal,
      observe: (outcome, reason) => observe(name, outcome, reason),
    });
    return subjects.map((subject) =>
      createConsumerLoop({ ...rest, bus, durable: durableName(name, subject), subject, inOrder, slots, handle }),
    );
  });

  /** Streams are there also where no function takes messages, since pods publish and functions read. */
  async function keepStreams(): Promise<void> {
    while (bus.current() !== undefined && !stopping.signal.aborted) {
      try {
        return await ensureStreams(await managerOf(bus));
      } catch (error) {
        log('warn', 'Could not make the streams', { error: String(error) });
        await pause(rest.clock, STREAMS_RETRY_MS, stopping.signal);
      }
    }
  }

  return {
    start(): void {
      bus.onConnected(() => void keepStreams());
      for (const loop of loops) loop.start();
    },
    /** Takes no further message, and waits for those in hand. */
    async stop(): Promise<void> {
      stopping.abort();
      for (const loop of loops) loop.stop();
      while (inHand.some((slots) => slots.used() > 0)) await pause(rest.clock, 20);
    },
  };
}
