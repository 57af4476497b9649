import type { Server } from 'node:http';
import type { RelayConfig } from '../config.ts';
import { createMemory, type Memory } from './memory.ts';
import { createMemoryServer } from './server.ts';
import { createMemoryThreads } from './threads.ts';

/** The memories of agents, served on a port of their own: that is all that a run's pod reaches of the relay. */
export interface MemoryService {
  memory: Memory;
  server: Server;
  /** Answers nothing further, finishes what is under way and closes the databases. */
  stop(): Promise<void>;
}

/** Undefined without secrets: nobody could be told from anybody. */
export function createMemoryService(config: RelayConfig, worker: URL): MemoryService | undefined {
  const secrets = (config.MEMORY_SECRETS ?? []).map((one) => one.reveal());
  if (secrets.length === 0) return undefined;
  const threads = createMemoryThreads(worker);
  const quota = { maxEntries: config.MEMORY_MAX_ENTRIES, maxBytes: config.MEMORY_MAX_MB * 1_000_000 };
  const memory = createMemory(config.MEMORY_FOLDER, quota, threads);
  const server = createMemoryServer(memory, secrets);
  return {
    memory,
    server,
    async stop() {
      server.close();
      await threads.stop();
      server.closeAllConnections();
    },
  };
}
