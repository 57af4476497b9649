import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Remembers beside the files what was published, so that a bridge that starts again doesn't send a chat message twice. */
export interface Ledger {
  has(key: string): boolean;
  add(key: string): Promise<void>;
}

export async function openLedger(folder: string): Promise<Ledger> {
  await mkdir(folder, { recursive: true });
  const keys = new Set((await readdir(folder)).map(decodeURIComponent));
  return {
    has: (key) => keys.has(key),
    async add(key) {
      keys.add(key);
      await writeFile(join(folder, encodeURIComponent(key)), '');
    },
  };
}
