import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes a file so that a reader sees all of it or nothing (RUN-W25).
 * @param scratch folder for the unfinished file, on the same file system. It is given for files under `/ipc`: an unmodified
 *   bridge publishes whatever appears in the folders that it watches, and other users of the pod write there too.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { scratch?: string; mode?: number } = {},
): Promise<void> {
  const folder = options.scratch ?? dirname(path);
  if (options.scratch) await Promise.all([makeSharedFolder(dirname(path)), makeSharedFolder(options.scratch)]);
  else await mkdir(dirname(path), { recursive: true });
  const unfinished = join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeFile(unfinished, data, { mode: options.mode ?? 0o644, flag: 'wx' });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Makes a folder in which every user of the pod may write, whoever of its containers comes first. */
async function makeSharedFolder(path: string): Promise<void> {
  const created = await mkdir(path, { recursive: true });
  // The umask holds for mkdir's own mode.
  if (created !== undefined) await chmod(path, 0o777);
}

/** The parsed content, or undefined while the file is absent or not yet complete JSON. */
export async function readJsonIfComplete(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || isMissing(error)) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
