import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { onLogWritten, parseLine } from './container-log.ts';

/** The options of `GET …/pods/<name>/log`, as far as they concern the file. */
export interface LogQuery {
  follow?: boolean;
  tailLines?: number;
  limitBytes?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  timestamps?: boolean;
  signal?: AbortSignal;
}

const CHUNK = 256 * 1024;

/** The log of one container, line by line. With `follow` it ends when `ended` says that nothing more will come. */
export async function* readLog(file: string, query: LogQuery, ended: () => boolean): AsyncGenerator<string> {
  const since = sinceOf(query);
  const lines = lineReader(file);
  let left = query.limitBytes ?? Number.POSITIVE_INFINITY;
  let tail = query.tailLines;
  const more = waiter(file, query.signal);
  try {
    while (query.signal?.aborted !== true) {
      // Asked before reading: what was written until then is read below.
      const last = query.follow !== true || ended();
      const batch = lines().filter((line) => since === undefined || line.time >= since);
      for (const { time, text } of lastOf(batch, tail)) {
        const part = cut(`${query.timestamps === true ? `${time} ` : ''}${text}\n`, left);
        left -= Buffer.byteLength(part);
        yield part;
        if (left <= 0) return;
      }
      tail = undefined;
      if (last) return;
      await more.next();
    }
  } finally {
    more.close();
  }
}

function lastOf<T>(lines: T[], count: number | undefined): T[] {
  if (count === undefined) return lines;
  return count === 0 ? [] : lines.slice(-count);
}

function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  return Buffer.from(text).subarray(0, bytes).toString('utf8');
}

function sinceOf({ sinceSeconds, sinceTime }: LogQuery): string | undefined {
  if (sinceSeconds !== undefined) return new Date(Date.now() - sinceSeconds * 1000).toISOString();
  return sinceTime === undefined ? undefined : new Date(sinceTime).toISOString();
}

/** Returns, at each call, the whole lines that were added since the last one. */
function lineReader(file: string): () => { time: string; text: string }[] {
  let offset = 0;
  let rest: Buffer = Buffer.alloc(0);
  return () => {
    if (!existsSync(file)) return [];
    const fd = openSync(file, 'r');
    const parts: Buffer[] = [rest];
    try {
      const chunk = Buffer.alloc(CHUNK);
      for (let read = readSync(fd, chunk, 0, CHUNK, offset); read > 0; read = readSync(fd, chunk, 0, CHUNK, offset)) {
        offset += read;
        parts.push(Buffer.from(chunk.subarray(0, read)));
      }
    } finally {
      closeSync(fd);
    }
    const all = Buffer.concat(parts);
    const end = all.lastIndexOf(10);
    rest = all.subarray(end + 1);
    const text = end < 0 ? '' : all.subarray(0, end).toString('utf8');
    return text.split('\n').flatMap((line) => parseLine(line) ?? []);
  };
}

/** Waits for the next write; a write between two waits is not lost. */
function waiter(file: string, signal: AbortSignal | undefined) {
  let wake = Promise.withResolvers<void>();
  const trigger = (): void => wake.resolve();
  const off = onLogWritten(file, trigger);
  // The container may end without a last line.
  const timer = setInterval(trigger, 250);
  signal?.addEventListener('abort', trigger);
  return {
    async next(): Promise<void> {
      await wake.promise;
      wake = Promise.withResolvers<void>();
    },
    close(): void {
      off();
      clearInterval(timer);
      signal?.removeEventListener('abort', trigger);
    },
  };
}
