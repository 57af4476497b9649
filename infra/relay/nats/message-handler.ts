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
  /** Milliseconds without a sign after which the bus takes a message for lost and delivers it again. */
  ackWaitMs: number;
  signal: AbortSignal;
  observe: (outcome: MessageOutcome, reason?: string) => void;
}

export type MessageHandler = (message: JsMsg) => Promise<void>;

const RETRY = { minMs: 1_000, maxMs: 300_000 };
/** More than a function settles in the time that a server may lose of its record of acknowledgements. */
const MAX_REMEMBERED = 2_000;

/** Sends each message to the function, and tells the bus only then what became of it. */
export function createMessageHandler(options: MessageHandlerOptions): MessageHandler {
  const { functionName, deliveryLimit, ackWaitMs, clock, random, observe } = options;
  const call = createCaller(options);
  /** Messages whose call is under way: the bus delivers them again when an outage swallowed the signs of life. */
  const inHand = new Set<string>();
  /**
   * Messages that are dealt with. A server that crashes forgets its newest acknowledgements, and an outage swallows others;
   * when such a message comes again it is only acknowledged again.
   */
  const dealtWith = new Set<string>();

  function remember(identity: string): void {
    dealtWith.add(identity);
    const [oldest] = dealtWith;
    if (dealtWith.size > MAX_REMEMBERED && oldest !== undefined) dealtWith.delete(oldest);
  }

  async function parkMessage(message: JsMsg, identity: string, reason: string): Promise<void> {
    const { subject, seq: originalSequence, data } = message;
    const deliveries = message.info.deliveryCount;
    await park(options.bus, { functionName, subject, originalSequence, deliveries, reason, data });
    remember(identity);
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
      remember(identity);
      message.ack();
      return;
    }
    if (outcome === 'terminal') return parkMessage(message, identity, code);
    if (deliveryCount >= deliveryLimit) return parkMessage(message, identity, `DELIVERY_LIMIT.${code}`);
    observe('deferred', code);
    message.nak(delayOf(delivery) ?? exponential(RETRY, deliveryCount, random));
  }

  return async (message) => {
    const identity = `${message.seq}@${message.info.timestampNanos}`;
    if (inHand.has(identity)) return;
    if (dealtWith.has(identity)) {
      message.ack();
      return;
    }
    const payload = decode(message.data);
    if (payload === undefined) return parkMessage(message, identity, 'UNDECODABLE');
    const stopWorking = keepWorking(message, clock, ackWaitMs / 3);
    inHand.add(identity);
    try {
      const delivery = await call(message, payload);
      if (delivery !== undefined) await dispose(message, identity, delivery);
    } finally {
      stopWorking();
      inHand.delete(identity);
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
function keepWorking(message: JsMsg, clock: Clock, everyMs: number): () => void {
  let cancel: () => void;
  const tick = () => {
    message.working();
    cancel = clock.after(everyMs, tick);
  };
  cancel = clock.after(everyMs, tick);
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
