import { headers, type StoredMsg } from 'nats';
import * as z from 'zod';
import { DEAD_LETTER_STREAM, STREAM, SUBJECT_PREFIX } from '../../../shared/bus/subjects.ts';
import { AppError } from '../../../shared/errors.ts';
import type { BusConnection } from './connection.ts';
import { connected, decode, managerOf, NO_MESSAGE_FOUND, parse } from './stored-messages.ts';
import { isApiError } from './streams.ts';

/** A message that a function could not deal with, and why. */
export interface DeadLetter {
  /** In the dead-letter stream: what a replay names. */
  sequence: number;
  functionName: string;
  /** Where the message was published. */
  subject: string;
  originalSequence: number;
  deliveries: number;
  /** A constant word: the function's code, or `UNDECODABLE`, `DELIVERY_LIMIT`. */
  reason: string;
  /** RFC 3339, when it was parked. */
  time: string;
  /** Undefined when it is no JSON. */
  payload: unknown;
}

const HEADER = {
  functionName: 'Sympozium-Function',
  subject: 'Sympozium-Subject',
  sequence: 'Sympozium-Sequence',
  deliveries: 'Sympozium-Deliveries',
  reason: 'Sympozium-Reason',
} as const;

export interface Parking {
  functionName: string;
  subject: string;
  originalSequence: number;
  deliveries: number;
  reason: string;
  data: Uint8Array;
}

/** Stores the message with its reason. Returns once JetStream has it; the same message of a function is parked once. */
export async function park(bus: BusConnection, letter: Parking): Promise<void> {
  const { functionName, subject, originalSequence, deliveries, reason, data } = letter;
  const fields = headers();
  fields.set(HEADER.functionName, functionName);
  fields.set(HEADER.subject, subject);
  fields.set(HEADER.sequence, String(originalSequence));
  fields.set(HEADER.deliveries, String(deliveries));
  fields.set(HEADER.reason, reason.replaceAll(/[^\w.-]/g, '_').slice(0, 128));
  const tail = subject.startsWith(SUBJECT_PREFIX) ? subject.slice(SUBJECT_PREFIX.length) : subject;
  await connected(bus)
    .jetstream()
    .publish(`${DEAD_LETTER_STREAM}.${functionName}.${tail}`, data, {
      headers: fields,
      msgID: `${STREAM}-${originalSequence}-${functionName}`,
    });
}

const ListSchema = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/** Dead letters from the oldest on, beginning behind the sequence `after`. */
export async function listDeadLetters(bus: BusConnection, query: Record<string, string>): Promise<DeadLetter[]> {
  const { after, limit } = parse(ListSchema, query);
  const manager = await managerOf(bus);
  const { state } = await manager.streams.info(DEAD_LETTER_STREAM, { deleted_details: true }).catch(unreadable);
  const removed = new Set(state.deleted ?? []);
  const letters: DeadLetter[] = [];
  for (let at = Math.max(after + 1, state.first_seq); at <= state.last_seq && letters.length < limit; at += 1) {
    const letter = removed.has(at) ? undefined : await getDeadLetter(bus, at);
    if (letter !== undefined) letters.push(letter);
  }
  return letters;
}

export async function getDeadLetter(bus: BusConnection, sequence: number): Promise<DeadLetter | undefined> {
  const manager = await managerOf(bus);
  const message = await manager.streams.getMessage(DEAD_LETTER_STREAM, { seq: sequence }).catch((error: unknown) => {
    if (isApiError(error, NO_MESSAGE_FOUND)) return undefined;
    return unreadable(error);
  });
  return message === undefined ? undefined : toDeadLetter(message);
}

/** The letter has been dealt with. */
export async function removeDeadLetter(bus: BusConnection, sequence: number): Promise<void> {
  const manager = await managerOf(bus);
  await manager.streams.deleteMessage(DEAD_LETTER_STREAM, sequence, false);
}

function unreadable(cause: unknown): never {
  throw new AppError('UPSTREAM_UNAVAILABLE', 'The dead letters could not be read', { cause });
}

function toDeadLetter({ seq, header, timestamp, time, data }: StoredMsg): DeadLetter {
  return {
    sequence: seq,
    functionName: header.get(HEADER.functionName),
    subject: header.get(HEADER.subject),
    originalSequence: Number(header.get(HEADER.sequence)),
    deliveries: Number(header.get(HEADER.deliveries)),
    reason: header.get(HEADER.reason),
    time: timestamp ?? time.toISOString(),
    payload: decode(data),
  };
}
