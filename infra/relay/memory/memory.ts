import { join } from 'node:path';
import { fitName } from '../../../shared/kube/names.ts';
import type { MemoryOwner } from '../../../shared/memory/capability.ts';
import type { Quota } from './database.ts';
import type { MemoryEntry, NewMemory, Stored } from './entry.ts';
import type { MemoryThreads } from './threads.ts';

/** The memories of all owners: a file for each, below one folder. */
export interface Memory {
  store(owner: MemoryOwner, memory: NewMemory): Promise<Stored>;
  search(owner: MemoryOwner, query: string, topK: number): Promise<MemoryEntry[]>;
  list(owner: MemoryOwner, filter: { tags: string; limit: number; offset: number }): Promise<MemoryEntry[]>;
}

const RESULTS_MAX = 100;
/** Published agents read no more than 64 KiB of an answer, and then cannot parse it. */
const ANSWER_BYTES = 60 * 1024;

export function createMemory(folder: string, quota: Quota, threads: MemoryThreads): Memory {
  const pathOf = ({ kind, namespace, name }: MemoryOwner) => join(folder, kind, namespace, `${fitName(name, 200)}.db`);
  const bounded = (count: number) => Math.min(count, RESULTS_MAX);
  return {
    store: (owner, memory) => threads.call({ verb: 'store', path: pathOf(owner), memory, quota }),
    search: async (owner, query, topK) =>
      fitting(await threads.call({ verb: 'search', path: pathOf(owner), query, topK: bounded(topK) })),
    list: async (owner, { tags, limit, offset }) =>
      fitting(await threads.call({ verb: 'list', path: pathOf(owner), tags, limit: bounded(limit), offset })),
  };
}

/** The first entries that fit into one answer; one always does, since no stored entry is larger. */
function fitting(entries: MemoryEntry[]): MemoryEntry[] {
  let bytes = 0;
  return entries.filter((entry) => {
    bytes += Buffer.byteLength(JSON.stringify(entry)) + 1;
    return bytes <= ANSWER_BYTES;
  });
}
