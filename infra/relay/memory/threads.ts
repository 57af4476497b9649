import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { AnswerMessage, Answers, CallMessage, MemoryCall } from './calls.ts';

/** Two, so that a long query of one owner leaves the other half of the owners alone. */
const THREADS = 2;
const CALL_MS = 10_000;
/** Calls that one thread may owe; more are refused at once rather than kept in memory. */
const MAX_PENDING = 256;

/** A call that was not answered: the thread died, hangs or has too much to do. */
export class ThreadBusy extends Error {
  override readonly name = 'ThreadBusy';
}

export interface MemoryThreads {
  /** Rejects with what the database said, or with `ThreadBusy`. */
  call<Verb extends MemoryCall['verb']>(call: Extract<MemoryCall, { verb: Verb }>): Promise<Answers[Verb]>;
  stop(): Promise<void>;
}

/** One database is always the same thread's. Threads start with their first call. */
export function createMemoryThreads(program: URL): MemoryThreads {
  const threads = Array.from({ length: THREADS }, () => createThread(program));
  return {
    async call<Verb extends MemoryCall['verb']>(call: Extract<MemoryCall, { verb: Verb }>) {
      const hash = createHash('sha256').update(call.path).digest();
      const thread = threads[(hash[0] ?? 0) % THREADS];
      // The worker answers each verb with its own type.
      return (await thread?.call(call)) as Answers[Verb];
    },
    async stop() {
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
}

interface Pending {
  resolve(answer: Answers[keyof Answers]): void;
  reject(error: Error): void;
}

function createThread(program: URL) {
  let worker: Worker | undefined;
  let lastId = 0;
  const pending = new Map<number, Pending>();

  function start(): Worker {
    const started = new Worker(program, {
      resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4 },
    });
    started.on('message', (message: AnswerMessage) => {
      const one = pending.get(message.id);
      pending.delete(message.id);
      if ('error' in message) one?.reject(new Error(message.error));
      else one?.resolve(message.answer);
    });
    started.on('error', (error) => lose(started, error));
    started.on('exit', () => lose(started, undefined));
    // It must not keep the process alive; open requests do.
    started.unref();
    return started;
  }

  /** What a thread owed when it died is refused; the next call starts another. */
  function lose(lost: Worker, cause: unknown): void {
    if (worker !== lost) return;
    worker = undefined;
    const owed = [...pending.values()];
    pending.clear();
    for (const { reject } of owed) reject(new ThreadBusy('the memory was interrupted', { cause }));
  }

  return {
    call(call: MemoryCall): Promise<Answers[keyof Answers]> {
      if (pending.size >= MAX_PENDING) return Promise.reject(new ThreadBusy('the memory is busy'));
      worker ??= start();
      const used = worker;
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => void used.terminate(), CALL_MS);
        const settle =
          <Value>(act: (value: Value) => void) =>
          (value: Value) => {
            clearTimeout(timer);
            act(value);
          };
        pending.set(id, { resolve: settle(resolve), reject: settle(reject) });
        used.postMessage({ id, call } satisfies CallMessage);
      });
    },
    /** Finishes what it was asked, then closes its databases. */
    async stop(): Promise<void> {
      if (worker === undefined) return;
      const stopping = worker;
      const gone = new Promise((resolve) => stopping.once('exit', resolve));
      stopping.postMessage('stop' satisfies CallMessage);
      await gone;
    },
  };
}
