import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonIfComplete } from '../../ipc/files.ts';
import type { PathMap } from '../../ipc/paths.ts';
import { watchFolders } from '../../ipc/watch.ts';

const POLL_MS = 250;

const answerSchema = z.object({ id: z.string(), ok: z.boolean(), message: z.string() });

/** What the control plane says to the request with this id; undefined when it says nothing in time. */
export async function answerTo(id: string, paths: PathMap, waitMs: number, signal: AbortSignal) {
  const folder = paths.toHost('/ipc/input');
  const changes = watchFolders([folder]);
  const deadline = Date.now() + waitMs;
  try {
    while (Date.now() < deadline) {
      signal.throwIfAborted();
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('answer-'));
      for (const name of names) {
        const answer = answerSchema.safeParse(await readJsonIfComplete(join(folder, name)));
        if (answer.success && answer.data.id === id) return answer.data;
      }
      await changes.next(POLL_MS);
    }
    return undefined;
  } finally {
    changes.close();
  }
}
