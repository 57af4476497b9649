import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import { writePrivately } from './state.ts';

interface Identity {
  pid: number;
  /** When the process began, as the system says it: a reused pid has another. */
  began: string;
}
interface Lock extends Identity {
  url: string;
  children: Identity[];
}

/**
 * Takes the state folder for this process. Throws `CONFIG_INVALID` when another start holds it; what a killed one left
 * running is ended.
 */
export async function lock(
  folder: string,
  url: string,
): Promise<{ record(pids: number[]): Promise<void>; release(): Promise<void> }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'lock.json');
  const earlier = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as Lock,
    () => undefined,
  );
  if (earlier !== undefined) {
    if (isAlive(earlier)) {
      throw new AppError(
        'CONFIG_INVALID',
        `Sympozium runs already at ${earlier.url} (process ${earlier.pid}). Use it, or end it with: kill ${earlier.pid}`,
      );
    }
    for (const child of earlier.children.filter(isAlive)) killGroup(child.pid);
  }
  const own = identityOf(process.pid);
  const write = (children: Identity[]) => writePrivately(path, JSON.stringify({ ...own, url, children }));
  await write([]);
  return {
    record: (pids) => write(pids.map(identityOf)),
    release: () => rm(path, { force: true }),
  };
}

function identityOf(pid: number): Identity {
  return { pid, began: beganAt(pid) ?? '' };
}

function isAlive({ pid, began }: Identity): boolean {
  return beganAt(pid) === began;
}

function beganAt(pid: number): string | undefined {
  try {
    // Field 22 of stat, counted behind the command, which may hold anything. Slim systems have no `ps`.
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}
