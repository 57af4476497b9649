import { type MemoryDatabase, openDatabase } from './database.ts';

interface Open {
  database: MemoryDatabase;
  usedAt: number;
}

/** The databases in use: `max` at most, and none longer than `idleMs` after its last use, so that idle owners cost nothing. */
export function createOpenDatabases({ max, idleMs, now }: { max: number; idleMs: number; now: () => number }) {
  // In order of last use.
  const open = new Map<string, Open>();

  const close = (path: string, { database }: Open) => {
    open.delete(path);
    database.close();
  };

  return {
    get(path: string, options: { create: boolean }): MemoryDatabase | undefined {
      const database = open.get(path)?.database ?? openDatabase(path, options);
      if (database === undefined) return undefined;
      open.delete(path);
      open.set(path, { database, usedAt: now() });
      for (const [other, one] of [...open].slice(0, Math.max(0, open.size - max))) close(other, one);
      return database;
    },
    closeIdle() {
      for (const [path, one] of [...open]) if (now() - one.usedAt >= idleMs) close(path, one);
    },
    closeAll() {
      for (const [path, one] of [...open]) close(path, one);
    },
    size: () => open.size,
  };
}
