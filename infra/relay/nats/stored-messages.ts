import { NatsError, ErrorCode as NatsErrorCode } from 'nats';
import * as z from 'zod';
import type { StoredMessage } from '../../../shared/bus/bus.ts';
import { STREAM, SUBJECT_PREFIX } from '../../../shared/bus/subjects.ts';
import { AppError } from '../../../shared/errors.ts';
import type { BusConnection } from './connection.ts';
import { ensureStreams, isApiError } from './streams.ts';

/** A subject of the bus without wildcards, spaces and empty tokens. */
const SubjectSchema = z
  .string()
  .max(1024)
  .regex(/^[^\s.*>]+(\.[^\s.*>]+)*$/, 'must be a subject without wildcards')
  .startsWith(SUBJECT_PREFIX);

const MessageSchema = z.object({ id: z.string().min(1).max(256), subject: SubjectSchema, payload: z.unknown() });

export interface Publication {
  stream: string;
  sequence: number;
  /** The stream had a message of this id already. */
  duplicate: boolean;
}

/** Below the deadline of those who call. */
const TIMEOUT_MS = 4_000;
/** JetStream's own code. */
export const NO_MESSAGE_FOUND = 10037;

/** Stores the message `{ id, subject, payload }`; returns once JetStream has it. Throws `REQUEST_INVALID` or `UPSTREAM_UNAVAILABLE`. */
export async function publish(bus: BusConnection, body: unknown): Promise<Publication> {
  const { id, subject, payload } = parse(MessageSchema, body);
  const store = () =>
    connected(bus)
      .jetstream({ timeout: TIMEOUT_MS })
      .publish(subject, JSON.stringify(payload ?? null), { msgID: id, timeout: TIMEOUT_MS });
  try {
    const stored = await store().catch(async (error: unknown) => {
      if (!isNoResponders(error)) throw error;
      // Nobody stores this subject: the stream was lost, with the server's volume or by someone's hand.
      await ensureStreams(await managerOf(bus));
      return store();
    });
    return { stream: stored.stream, sequence: stored.seq, duplicate: stored.duplicate };
  } catch (cause) {
    if (cause instanceof NatsError && cause.code === NatsErrorCode.MaxPayloadExceeded) {
      throw new AppError('REQUEST_INVALID', 'The message must not be larger than the bus takes', { cause });
    }
    throw new AppError('UPSTREAM_UNAVAILABLE', 'The bus did not store the message', { cause });
  }
}

function isNoResponders(error: unknown): boolean {
  return error instanceof NatsError && error.code === NatsErrorCode.NoResponders;
}

/** The newest message on exactly this subject, or undefined. */
export async function lastMessage(bus: BusConnection, subject: unknown): Promise<StoredMessage | undefined> {
  const exact = parse(SubjectSchema, subject);
  const manager = await managerOf(bus);
  try {
    const { seq, timestamp, data } = await manager.streams.getMessage(STREAM, { last_by_subj: exact });
    return { subject: exact, sequence: seq, time: timestamp, payload: decode(data) ?? null };
  } catch (cause) {
    if (isApiError(cause, NO_MESSAGE_FOUND)) return undefined;
    throw new AppError('UPSTREAM_UNAVAILABLE', 'The bus could not be read', { cause });
  }
}

/** Messages that one answer holds at most. */
const PART = 200;

/** The messages on exactly this subject after a sequence, oldest first, as many as one answer holds. */
export async function messagesSince(bus: BusConnection, subject: unknown, after: unknown): Promise<StoredMessage[]> {
  const exact = parse(SubjectSchema, subject);
  let from = parse(z.coerce.number().int().min(0), after) + 1;
  const manager = await managerOf(bus);
  const messages: StoredMessage[] = [];
  try {
    while (messages.length < PART) {
      // The server knows this question since 2.9; the client's types do not.
      const query = { seq: from, next_by_subj: exact };
      const { seq, timestamp, data } = await manager.streams.getMessage(STREAM, query);
      messages.push({ subject: exact, sequence: seq, time: timestamp, payload: decode(data) ?? null });
      from = seq + 1;
    }
  } catch (cause) {
    if (!isApiError(cause, NO_MESSAGE_FOUND))
      throw new AppError('UPSTREAM_UNAVAILABLE', 'The bus could not be read', { cause });
  }
  return messages;
}

/** The JSON that a message holds; undefined when it holds none. */
export function decode(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    // Whoever asked decides what an undecodable message means.
    return undefined;
  }
}

/** Throws `UPSTREAM_UNAVAILABLE` while NATS is away, instead of queueing up requests for its return. */
export function connected(bus: BusConnection) {
  const connection = bus.current();
  if (connection === undefined) throw new AppError('UPSTREAM_UNAVAILABLE', 'The bus is not connected');
  return connection;
}

export async function managerOf(bus: BusConnection) {
  return connected(bus)
    .jetstreamManager({ timeout: TIMEOUT_MS, checkAPI: false })
    .catch((cause: unknown) => {
      throw new AppError('UPSTREAM_UNAVAILABLE', 'The bus has no JetStream', { cause });
    });
}

export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') || 'subject';
  throw new AppError('REQUEST_INVALID', `\`${path}\` is invalid: ${issue?.message ?? 'unknown'}`);
}
