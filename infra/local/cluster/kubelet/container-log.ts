import {
  appendFileSync,
  closeSync,
  existsSync,
  type FSWatcher,
  openSync,
  readFileSync,
  readSync,
  watch,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

type Stream = 'stdout' | 'stderr';

/**
 * Turns what a container writes into the log format of the container runtimes (`<time> <stream> F <line>`). The
 * container writes to plain files, so that it goes on undisturbed when this process ends; a follower adds the times.
 */
export interface LogFollower {
  /** Takes over what is left, also a last line without its end, and removes the plain files. */
  finish(): Promise<void>;
}

const FALLBACK_POLL_MS = 500;
const CHUNK = 64 * 1024;

const listeners = new Map<string, Set<() => void>>();

/** Opens the files that a container's process writes to. */
export function openOutputs(dir: string): { stdout: number; stderr: number } {
  return { stdout: openSync(join(dir, 'stdout'), 'a', 0o600), stderr: openSync(join(dir, 'stderr'), 'a', 0o600) };
}

export function followOutputs(dir: string, logFile: string): LogFollower {
  const readers = (['stdout', 'stderr'] as const).map((stream) => outputReader(join(dir, stream), stream, logFile));
  const drain = (): void => {
    let wrote = false;
    for (const reader of readers) wrote = reader.drain() || wrote;
    if (wrote) notify(logFile);
  };
  const watcher = watchOrNot(dir, drain);
  // Notifications can be lost on some file systems; the poll bounds how late a line can be.
  const timer = setInterval(drain, FALLBACK_POLL_MS);
  timer.unref();
  drain();
  return {
    async finish() {
      clearInterval(timer);
      watcher?.close();
      drain();
      for (const reader of readers) reader.end();
      notify(logFile);
      await Promise.all(['stdout', 'stderr'].map((stream) => rm(join(dir, stream), { force: true })));
    },
  };
}

function watchOrNot(dir: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dir, onEvent);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

function outputReader(file: string, stream: Stream, logFile: string) {
  let offset = takenAlready(logFile, stream);
  let rest = Buffer.alloc(0);

  const write = (lines: string[]): void => {
    const time = now();
    appendFileSync(logFile, lines.map((line) => `${time} ${stream} F ${line}\n`).join(''), { mode: 0o600 });
  };

  /** Moves complete lines to the log; true when there were any. */
  function drain(): boolean {
    if (!existsSync(file)) return false;
    const fd = openSync(file, 'r');
    const lines: string[] = [];
    try {
      const chunk = Buffer.alloc(CHUNK);
      for (let read = readSync(fd, chunk, 0, CHUNK, offset); read > 0; read = readSync(fd, chunk, 0, CHUNK, offset)) {
        offset += read;
        rest = Buffer.concat([rest, chunk.subarray(0, read)]);
        const end = rest.lastIndexOf(10);
        if (end < 0) continue;
        lines.push(...rest.subarray(0, end).toString('utf8').split('\n'));
        rest = rest.subarray(end + 1);
      }
    } finally {
      closeSync(fd);
    }
    if (lines.length > 0) write(lines);
    return lines.length > 0;
  }

  function end(): void {
    if (rest.length > 0) write([rest.toString('utf8')]);
    rest = Buffer.alloc(0);
  }
  return { drain, end };
}

/** How much of the plain file is in the log already: only whole lines are, each with its line end. */
function takenAlready(logFile: string, stream: Stream): number {
  if (!existsSync(logFile)) return 0;
  let taken = 0;
  for (const line of readFileSync(logFile, 'utf8').split('\n')) {
    const entry = parseLine(line);
    if (entry?.stream === stream) taken += Buffer.byteLength(entry.text) + 1;
  }
  return taken;
}

/** RFC 3339 with nanoseconds, as the container runtimes write it. */
function now(): string {
  return `${new Date().toISOString().slice(0, -1)}000000Z`;
}

export interface LogLine {
  time: string;
  stream: Stream;
  text: string;
}

export function parseLine(line: string): LogLine | undefined {
  const match = /^(\S+) (stdout|stderr) F (.*)$/s.exec(line);
  // as: the pattern leaves nothing else
  return match === null ? undefined : { time: match[1] ?? '', stream: match[2] as Stream, text: match[3] ?? '' };
}

export function onLogWritten(logFile: string, listener: () => void): () => void {
  const set = listeners.get(logFile) ?? new Set();
  listeners.set(logFile, set);
  set.add(listener);
  return () => {
    set.delete(listener);
    if (set.size === 0) listeners.delete(logFile);
  };
}

function notify(logFile: string): void {
  for (const listener of listeners.get(logFile) ?? []) listener();
}
