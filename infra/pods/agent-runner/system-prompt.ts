import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../ipc/files.ts';
import type { PathMap } from '../ipc/paths.ts';
import type { RunnerConfig } from './config.ts';

/** The configured prompt, then each skill, then (legacy memory) what earlier runs left. */
export async function buildSystemPrompt(config: RunnerConfig, paths: PathMap): Promise<string> {
  const parts = [config.systemPrompt, ...(await skills(paths.toHost('/skills')))];
  if (config.memory.legacy && config.memory.serverUrl === '')
    parts.push(await memorySection(paths.toHost('/memory/MEMORY.md')));
  return parts.join('\n\n---\n\n');
}

/** Every regular file of `/skills` that isn't hidden, by name. Projected volumes show files as links, so links are followed. */
async function skills(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const texts = await Promise.all(
    names
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map(async (name) =>
        (await isFile(join(folder, name))) ? (await readFile(join(folder, name), 'utf8')).trim() : '',
      ),
  );
  return texts.filter((text) => text !== '');
}

const isFile = (path: string) =>
  stat(path).then(
    (status) => status.isFile(),
    () => false,
  );

async function memorySection(path: string): Promise<string> {
  const memory = await readFile(path, 'utf8').catch(() => '');
  return [
    'You have a persistent memory. To replace it, end your answer with the whole new text between',
    '__SYMPOZIUM_MEMORY__ and __SYMPOZIUM_MEMORY_END__.',
    memory.trim() ? `It says now:\n\n${memory.trim()}` : 'It is empty now.',
  ].join('\n');
}
