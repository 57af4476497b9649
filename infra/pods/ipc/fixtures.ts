import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Log } from './log.ts';
import { type PathMap, pathMap } from './paths.ts';

/** The volumes of one pod as folders of this machine, removed when the test ends. */
export interface PodFolders {
  paths: PathMap;
  /** What a program needs in its environment to find them. */
  env: { SYMPOZIUM_ROOTFS_MAP: string };
}

export async function aPod(): Promise<PodFolders> {
  const root = await mkdtemp(join(tmpdir(), 'pod-'));
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 3 }));
  const mounts = Object.fromEntries(
    ['/ipc', '/workspace', '/tmp', '/skills', '/memory'].map((mount) => [mount, join(root, mount)]),
  );
  const folders = ['input', 'output', 'tools', 'messages', 'spawn', 'schedules'].map((name) => join(root, 'ipc', name));
  for (const folder of [...Object.values(mounts), ...folders]) await mkdir(folder, { recursive: true });
  return { paths: pathMap(mounts), env: { SYMPOZIUM_ROOTFS_MAP: JSON.stringify(mounts) } };
}

/** A log that keeps its entries. */
export function memoryLog(): Log & { messages: string[] } {
  const messages: string[] = [];
  const keep = (message: string) => void messages.push(message);
  return { messages, info: keep, warn: keep, error: keep };
}

/** Waits until `probe` gives something else than undefined or false. */
export async function eventually<T>(probe: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 8000;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error('Condition did not come true in time');
    await sleep(10);
  }
}
