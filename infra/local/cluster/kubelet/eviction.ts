import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../client/core-types.ts';
import { parseQuantity } from './quantity.ts';

/** The message of the eviction when an emptyDir volume holds more than its `sizeLimit`, in the kubelet's words. */
export async function emptyDirOverflow(pod: Pod, folders: ReadonlyMap<string, string>): Promise<string | undefined> {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = parseQuantity(emptyDir?.sizeLimit);
    const folder = folders.get(name);
    if (limit === undefined || limit === 0 || folder === undefined) continue;
    if ((await usage(folder, limit)) > limit)
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${emptyDir?.sizeLimit}". `;
  }
  return undefined;
}

/** Bytes under a folder; stops counting once above `enough`. Files that vanish meanwhile count nothing. */
async function usage(folder: string, enough: number): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sum += await usage(path, enough - sum);
    else if (entry.isFile())
      sum += await stat(path).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
    if (sum > enough) return sum;
  }
  return sum;
}
