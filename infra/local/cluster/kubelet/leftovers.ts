import { existsSync, readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { adoptProcess } from './container-process.ts';

/** Ends what is left of pods that the API server does not know any more, and removes their folders. */
export async function endLeftovers(dir: string, known: ReadonlySet<string>): Promise<void> {
  const root = join(dir, 'pods');
  for (const uid of await readdir(root)) {
    if (known.has(uid)) continue;
    const containers = join(root, uid, 'containers');
    for (const name of await readdir(containers).catch(() => [])) endContainer(join(containers, name));
    await rm(join(root, uid), { recursive: true, force: true });
  }
}

function endContainer(dir: string): void {
  const file = join(dir, 'record.json');
  if (!existsSync(file)) return;
  const { state, restartCount } = JSON.parse(readFileSync(file, 'utf8')) as { state: string; restartCount: number };
  if (state !== 'running') return;
  const found = adoptProcess(join(dir, String(restartCount)), join(dir, `${restartCount}.log`), 'none');
  if (!('exitCode' in found)) found.kill();
}
