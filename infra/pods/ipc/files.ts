import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes a file so that a reader sees all of it or nothing (RUN-W25).
 * @param scratch folder for the unfinished file, on the same file system. Folders that an unmodified bridge watches must not
 *   hold unfinished files, since it publishes whatever appears there.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { scratch?: string; mode?: number } = {},
): Promise<void> {
  const folder = options.scratch ?? dirname(path);
  await mkdir(dirname(path), { recursive: true });
  if (options.scratch) await mkdir(folder, { recursive: true });
  const unfinished = join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeFile(unfinished, data, { mode: options.mode ?? 0o644, flag: 'wx' });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
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
