import type { Quota } from './database.ts';
import type { MemoryEntry, NewMemory, Stored } from './entry.ts';

/** What the relay's loop asks of a worker thread. `path` is the owner's database. */
export type MemoryCall =
  | { verb: 'store'; path: string; memory: NewMemory; quota: Quota }
  | { verb: 'search'; path: string; query: string; topK: number }
  | { verb: 'list'; path: string; tags: string; limit: number; offset: number };

export interface Answers {
  store: Stored;
  search: MemoryEntry[];
  list: MemoryEntry[];
}

export type CallMessage = { id: number; call: MemoryCall } | 'stop';

export type AnswerMessage = { id: number; answer: Answers[keyof Answers] } | { id: number; error: string };
