import { join } from 'node:path';
import { writeFileAtomic } from '../ipc/files.ts';
import type { StreamChunk } from '../ipc/protocol.ts';

/** Streams a run's progress as `/ipc/output/stream-<n>.json` while it happens. */
export interface StreamWriter {
  /** Text is collected for a moment, so that a chunk holds more than one word. */
  append(type: 'text' | 'thinking', delta: string): void;
  /** Written at once, after what was collected before it. */
  event(type: 'tool_use' | 'tool_result', content: string, toolId: string): void;
  /** Resolves when everything is on disk. Nothing may be written afterwards. */
  close(): Promise<void>;
}

export interface StreamWriterOptions {
  folder: string;
  scratch: string;
  /** How long text is collected at the start of a run. */
  coalesceMs?: number;
  onError(error: unknown): void;
}

/** A bus message holds 1 MiB by default, and JSON can double a text. */
const MAX_CHUNK_CHARACTERS = 64 * 1024;
/** `/ipc` is small and in memory: a long run writes ever rarer chunks, at last one a second. */
const SLOWEST_COALESCE_MS = 1000;

export function createStreamWriter(options: StreamWriterOptions): StreamWriter {
  let index = 0;
  let collected: { type: 'text' | 'thinking'; content: string } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let written = Promise.resolve();

  // One after the other: a reader that sees chunk n has chunk n-1.
  const write = (chunk: Omit<StreamChunk, 'index'>) => {
    const path = join(options.folder, `stream-${index}.json`);
    const data = JSON.stringify({ ...chunk, index });
    index += 1;
    written = written.then(() => writeFileAtomic(path, data, { scratch: options.scratch })).catch(options.onError);
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!collected) return;
    const { type, content } = collected;
    collected = undefined;
    for (const part of slices(content, MAX_CHUNK_CHARACTERS)) write({ type, content: part });
  };
  const delay = () => Math.min(SLOWEST_COALESCE_MS, (options.coalesceMs ?? 100) + index);

  return {
    append(type, delta) {
      if (delta === '') return;
      if (collected && collected.type !== type) flush();
      collected = { type, content: (collected?.content ?? '') + delta };
      if (collected.content.length >= MAX_CHUNK_CHARACTERS) flush();
      else timer ??= setTimeout(flush, delay());
    },
    event(type, content, toolId) {
      flush();
      write({ type, content: content.slice(0, MAX_CHUNK_CHARACTERS), toolId });
    },
    async close() {
      flush();
      await written;
    },
  };
}

/** Pieces of at most `size` characters that don't part a surrogate pair. */
function* slices(text: string, size: number): Generator<string> {
  let start = 0;
  while (start < text.length) {
    let end = Math.min(text.length, start + size);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    yield text.slice(start, end);
    start = end;
  }
}
