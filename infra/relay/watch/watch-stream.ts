import type { IncomingMessage } from 'node:http';
import type { WatchEvent } from '../../../shared/kube/client.ts';
import type { Clock } from '../queue/clock.ts';

/** etcd stores nothing larger than 1.5 MB, which as JSON stays far below this. */
const MAX_LINE_BYTES = 16_000_000;

/** A line of a watch that is no event. What it said is lost, so the objects have to be listed again. */
export class GarbledWatchError extends Error {
  override readonly name = 'GarbledWatchError';
}

/** Nothing came for so long that the connection must be dead, since API servers send bookmarks about once a minute. */
export class SilentWatchError extends Error {
  override readonly name = 'SilentWatchError';
}

export interface Watchdog {
  /** Something came. */
  feed(): void;
  stop(): void;
}

/** Calls `bite` when it is not fed for `ms`. */
export function createWatchdog(clock: Clock, ms: number, bite: () => void): Watchdog {
  let cancel = clock.after(ms, bite);
  return {
    feed() {
      cancel();
      cancel = clock.after(ms, bite);
    },
    stop: () => cancel(),
  };
}

/** The events of a watch, until the server ends it. Throws `GarbledWatchError` at a line that is none. */
export async function* readEvents(response: IncomingMessage, watchdog: Watchdog): AsyncGenerator<WatchEvent> {
  let pending: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    watchdog.feed();
    let rest = chunk as Buffer;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...pending, rest.subarray(0, end)]);
      pending = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
      if (line.length > 0) yield parseEvent(line);
    }
    if (rest.length === 0) continue;
    pending.push(rest);
    bytes += rest.length;
    if (bytes > MAX_LINE_BYTES) throw new GarbledWatchError('A line of the watch is too long');
  }
}

const TYPES: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

function parseEvent(line: Buffer): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line.toString('utf8'));
  } catch (cause) {
    throw new GarbledWatchError('A line of the watch is not JSON', { cause });
  }
  if (!isEvent(event)) throw new GarbledWatchError('A line of the watch is no event');
  return event;
}

function isEvent(value: unknown): value is WatchEvent {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('object' in value)) return false;
  const { type, object } = value;
  if (!TYPES.has(type) || typeof object !== 'object' || object === null) return false;
  // The object of an ERROR is a Status; everything else has at least a version.
  if (type === 'ERROR') return true;
  const metadata = 'metadata' in object ? object.metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('resourceVersion' in metadata)) return false;
  return type === 'BOOKMARK' || ('name' in metadata && typeof metadata.name === 'string');
}
