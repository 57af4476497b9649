import type { BusMessage, NewMemory } from '../reconcile/plan.ts';

/** A message as the stream holds it. */
export interface StoredMessage {
  subject: string;
  sequence: number;
  /** RFC 3339, when the stream stored it. */
  time: string;
  /** The decoded JSON body. */
  payload: unknown;
}

/** The event bus as functions see it: over the relay, since a function holds no connection. */
export interface Bus {
  /** Returns once JetStream has stored the message (or had it already, by its id). */
  publish(message: BusMessage, signal?: AbortSignal): Promise<void>;
  /** Keeps a memory for its owner; the same once. The relay holds memories as it holds the bus. */
  remember(memory: NewMemory, signal?: AbortSignal): Promise<void>;
  /** The newest message on exactly this subject that the stream still holds. */
  last(subject: string, signal?: AbortSignal): Promise<StoredMessage | undefined>;
  /**
   * The messages on exactly this subject after `afterSequence` (0: from the first that the stream still holds), oldest
   * first. May be a part of them: ask again after the last one until none come.
   */
  since(subject: string, afterSequence: number, signal?: AbortSignal): Promise<StoredMessage[]>;
}
