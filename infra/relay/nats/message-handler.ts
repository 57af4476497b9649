import type { JsMsg } from 'nats';
import { log } from '../../../shared/telemetry/log.ts';
import type { Deliver } from '../delivery/deliver.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { exponential } from '../queue/backoff.ts';
import { type Clock, pause } from '../queue/clock.ts';
import { createThrottle } from '../queue/throttle.ts';
import type { BusConnection } from './connection.ts';
import { park } from './dead-letters.ts';
import { decode } from './stored-messages.ts';

/** What became of a message; `deferred` means that the bus will deliver it again. */
export type MessageOutcome = 'settled' | 'deferred' | 'parked';

export interface MessageHandlerOptions {
  bus: BusConnection;
  functionName: string;
  timeoutSeconds: number;
  deliver: Deliver;
  clock: Clock;
  random: () => number;
  /** Deliveries after which a message that the function cannot deal with is parked. */
  deliveryLimit: number;
  signal: AbortSignal;
  observe: (outcome: MessageOutcome, reason?: string) => void;
}

export type MessageHandler = (message: JsMsg) => Promise<void>;

const RETRY = { minMs: 1_000, maxMs: 300_000 };
/** A third of the time after which the bus takes a message for lost. */
export const ACK_WAIT_MS = 30_000;
const WORKING_MS = ACK_WAIT_MS / 3;
/** Enough for every message that can be under way when a connection breaks. */
const MAX_UNCONFIRMED = 10_000;

/** Sends each message to the function, and tells the bus only then what became of it. */
export function createMessageHandler(options: MessageHandlerOptions): MessageHandler {
  const { functionName, deliveryLimit, clock, random, observe } = options;
  const call = createCaller(options);
  /** Messages that the function has settled while the bus could not be told: when they come again they are only confirmed. */
  const unconfirmed = new Set<string>();

  async function confirm(message: JsMsg, identity: string): Promise<void> {
    unconfirmed.add(identity);
    for (const oldest of unconfirmed) {
      if (unconfirmed.size <= MAX_UNCONFIRMED) break;
      unconfirmed.delete(oldest);
    }
    if (await message.ackAck({ timeout: 5_000 })) unconfirmed.delete(identity);
  }

  async function parkMessage(message: JsMsg, reason: string): Promise<void> {
    const { subject, seq: originalSequence, data } = message;
    const deliveries = message.info.deliveryCount;
    await park(options.bus, { functionName, subject, originalSequence, deliveries, reason, data });
    message.term();
    log('warn', 'Parked message', { function: functionName, subject, sequence: originalSequence, reason });
    observe('parked', reason);
  }

  async function dispose(message: JsMsg, identity: string, delivery: Delivery): Promise<void> {
    const outcome = delivery.kind === 'replied' ? delivery.reply.outcome : 'retry';
    const code = codeOf(delivery);
    const { deliveryCount } = message.info;
    if (outcome === 'settled') {
      observe('settled');
      return confirm(message, identity);
    }
    if (outcome === 'terminal') return parkMessage(message, code);
    if (deliveryCount >= deliveryLimit) return parkMessage(message, `DELIVERY_LIMIT.${code}`);
    observe('deferred', code);
    message.nak(delayOf(delivery) ?? exponential(RETRY, deliveryCount, random));
  }

  return async (message) => {
    const identity = `${message.seq}@${message.info.timestampNanos}`;
    if (unconfirmed.has(identity)) return confirm(message, identity);
    const payload = decode(message.data);
    if (payload === undefined) return parkMessage(message, 'UNDECODABLE');
    const stopWorking = keepWorking(message, clock);
    try {
      const delivery = await call(message, payload);
      if (delivery !== undefined) await dispose(message, identity, delivery);
    } finally {
      stopWorking();
    }
  };
}

/** Calls the function as soon as it takes calls; undefined when the relay stops first, and the bus delivers again. */
function createCaller({ functionName, timeoutSeconds, deliver, clock, random, signal }: MessageHandlerOptions) {
  const throttle = createThrottle(clock, random);
  return async (message: JsMsg, payload: unknown): Promise<Delivery | undefined> => {
    const data = { message: payload, sequence: message.seq, deliveries: message.info.deliveryCount };
    const content = { type: 'ai.sympozium.message' as const, subject: message.subject, data };
    const traceparent = message.headers?.get('traceparent');
    while (!signal.aborted) {
      await pause(clock, throttle.remainingMs(), signal);
      if (signal.aborted) break;
      const delivery = await deliver({ functionName, timeoutSeconds, content, traceparent });
      if (delivery.kind !== 'throttled') {
        throttle.clear();
        return delivery;
      }
      // A function that is not there must not use up the message's deliveries.
      throttle.hit(delivery.retryAfterMs);
    }
    return undefined;
  };
}

/** Tells the bus now and then that the message is in hand, so that it is not given to anyone else. */
function keepWorking(message: JsMsg, clock: Clock): () => void {
  let cancel: () => void;
  const tick = () => {
    message.working();
    cancel = clock.after(WORKING_MS, tick);
  };
  cancel = clock.after(WORKING_MS, tick);
  return () => cancel();
}

function codeOf(delivery: Delivery): string {
  if (delivery.kind !== 'replied') return delivery.cause;
  return 'code' in delivery.reply ? delivery.reply.code : delivery.reply.outcome;
}

/** The delay that the function asked for, in milliseconds. */
function delayOf(delivery: Delivery): number | undefined {
  if (delivery.kind !== 'replied' || delivery.reply.outcome !== 'requeueAfter') return undefined;
  return delivery.reply.seconds * 1000;
}
