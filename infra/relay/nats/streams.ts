import {
  DiscardPolicy,
  type JetStreamManager,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats';
import { DEAD_LETTER_STREAM, STREAM, SUBJECT_PREFIX } from '../../../shared/bus/subjects.ts';
import { log } from '../../../shared/telemetry/log.ts';

const HOUR_MS = 3_600_000;
const MIB = 1_048_576;

/** JetStream's own codes. */
const STREAM_NOT_FOUND = 10059;
const NO_STORAGE = 10047;

/** The original's stream (controllers.md 5.1), bounded in bytes as well, so that it cannot fill its volume. */
const EVENTS: Partial<StreamConfig> & { name: string; subjects: string[] } = {
  name: STREAM,
  subjects: [`${SUBJECT_PREFIX}>`],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_age: nanos(24 * HOUR_MS),
  max_bytes: 512 * MIB,
  // Twice the longest wait between two passes that fail, so that a publish which is repeated is stored once.
  duplicate_window: nanos(10 * 60_000),
  num_replicas: 1,
};

const DEAD_LETTERS: typeof EVENTS = {
  ...EVENTS,
  name: DEAD_LETTER_STREAM,
  subjects: [`${DEAD_LETTER_STREAM}.>`],
  max_age: nanos(14 * 24 * HOUR_MS),
  max_bytes: 128 * MIB,
};

/** Makes both streams exist. One that is there, such as the original's, is kept with its messages. */
export async function ensureStreams(manager: JetStreamManager): Promise<void> {
  await ensure(manager, EVENTS);
  await ensure(manager, DEAD_LETTERS);
}

async function ensure(manager: JetStreamManager, wanted: typeof EVENTS): Promise<void> {
  const info = await manager.streams.info(wanted.name).catch((error: unknown) => {
    if (isApiError(error, STREAM_NOT_FOUND)) return undefined;
    throw error;
  });
  if (info === undefined) return add(manager, wanted);
  const { subjects, max_bytes, duplicate_window } = info.config;
  const bounded = max_bytes > 0 ? max_bytes : wanted.max_bytes;
  const window = Math.max(duplicate_window, wanted.duplicate_window ?? 0);
  const missing = wanted.subjects.filter((subject) => !subjects.includes(subject));
  if (missing.length === 0 && bounded === max_bytes && window === duplicate_window) return;
  const update = {
    ...info.config,
    subjects: [...subjects, ...missing],
    duplicate_window: window,
    ...(bounded !== undefined && { max_bytes: bounded }),
  };
  // A stream that works with its own limits is better than none.
  await manager.streams.update(wanted.name, update).catch((error: unknown) => {
    if (missing.length > 0) throw error;
    log('warn', 'Stream kept its own limits', { stream: wanted.name, error: String(error) });
  });
}

async function add(manager: JetStreamManager, wanted: typeof EVENTS): Promise<void> {
  await manager.streams.add(wanted).catch(async (error: unknown) => {
    if (!isApiError(error, NO_STORAGE)) throw error;
    // The server reserves `max_bytes`; a small one may not have as much.
    await manager.streams.add({ ...wanted, max_bytes: -1 });
    log('warn', 'Stream has no bound in bytes, since the server has too little storage', { stream: wanted.name });
  });
  log('info', 'Created stream', { stream: wanted.name });
}

export function isApiError(error: unknown, code: number): boolean {
  return error instanceof NatsError && error.api_error?.err_code === code;
}
