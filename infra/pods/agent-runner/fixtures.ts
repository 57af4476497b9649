import { readdir, readFile } from 'node:fs/promises';
import { memoryLog, type PodFolders } from '../ipc/fixtures.ts';
import type { StreamChunk } from '../ipc/protocol.ts';
import { loadConfig } from './config.ts';
import { chooseModel } from './model.ts';
import type { LoopOutcome } from './outcome.ts';
import { performRun, type RunDependencies } from './run.ts';
import { createScriptedModel } from './scripted-model.ts';

/** Does a task with the scripted model, without pauses between words. */
export function scriptedRun(
  pod: PodFolders,
  task: string,
  env: Record<string, string> = {},
  overrides: Partial<RunDependencies> = {},
): Promise<LoopOutcome> {
  return performRun(loadConfig({ MODEL_PROVIDER: 'scripted', SKILL_EXECUTORS: '', ...env, TASK: task }), {
    paths: pod.paths,
    log: memoryLog(),
    cancelled: new AbortController().signal,
    chooseModel: async () => ({ model: createScriptedModel({ wordDelayMs: 0 }), providerOptions: {} }),
    ...overrides,
  });
}

/** Does a task with a real provider, against whatever `MODEL_BASE_URL` names; retries follow at once. */
export function providerRun(pod: PodFolders, env: Record<string, string>): Promise<LoopOutcome> {
  return scriptedRun(pod, 'Say hello.', env, { chooseModel, retry: { baseDelayMs: 1 } });
}

/** The chunks written so far, by index. */
export async function streamOf(pod: PodFolders): Promise<StreamChunk[]> {
  const folder = pod.paths.toHost('/ipc/output');
  const names = (await readdir(folder)).filter((name) => name.startsWith('stream-'));
  const chunks: StreamChunk[] = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(`${folder}/${name}`, 'utf8'))),
  );
  return chunks.sort((a, b) => a.index - b.index);
}
