import { parentPort } from 'node:worker_threads';
import type { AnswerMessage, Answers, CallMessage, MemoryCall } from './calls.ts';
import { createOpenDatabases } from './open-databases.ts';

/** A thread that works on databases, so that neither a slow query nor a sync of the disk delays a watch. */
const IDLE_MS = 15_000;
const databases = createOpenDatabases({ max: 16, idleMs: IDLE_MS, now: Date.now });
setInterval(databases.closeIdle, IDLE_MS / 2).unref();

function answer(call: MemoryCall): Answers[keyof Answers] {
  const database = databases.get(call.path, { create: call.verb === 'store' });
  if (database === undefined) return [];
  switch (call.verb) {
    case 'store':
      return database.store(call.memory, call.quota, new Date());
    case 'search':
      return database.search(call.query, call.topK);
    case 'list':
      return database.list(call.tags, call.limit, call.offset);
  }
}

parentPort?.on('message', (message: CallMessage) => {
  if (message === 'stop') {
    databases.closeAll();
    parentPort?.close();
    return;
  }
  const { id, call } = message;
  let reply: AnswerMessage;
  try {
    reply = { id, answer: answer(call) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(reply);
});
