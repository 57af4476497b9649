import { describeError, type Log } from '../ipc/log.ts';
import type { RunnerConfig } from './config.ts';
import { askMemory, renderAnswer } from './memory-client.ts';

const TIMEOUT_MS = 3000;
const TOP_K = 3;
const QUERY_BYTES = 200;
const OWN_CHARACTERS = 2000;
const SHARED_CHARACTERS = 800;

/** What the memories hold about the task, as sections of the system prompt (API spec, 4.5). Never fails: a run can do without. */
export async function memoryContext(
  { task, memory }: Pick<RunnerConfig, 'task' | 'memory'>,
  log: Log,
  signal: AbortSignal,
): Promise<string[]> {
  const recall = async (heading: string, base: string, characters: number) => {
    if (base === '') return [];
    const body = { query: Buffer.from(task).subarray(0, QUERY_BYTES).toString('utf8'), top_k: TOP_K };
    try {
      const text = await askMemory(base, { path: '/search', body, timeoutMs: TIMEOUT_MS, once: true }, signal);
      const entries = fitting(renderAnswer(text), characters);
      return entries.length === 0 ? [] : [`## ${heading}\n\n${entries.join('\n---\n')}`];
    } catch (error) {
      log.warn('Could not recall memories', { error: describeError(error) });
      return [];
    }
  };
  const sections = await Promise.all([
    recall('Relevant past context', memory.serverUrl, OWN_CHARACTERS),
    recall('Relevant context of your team', memory.workflow.url, SHARED_CHARACTERS),
  ]);
  return sections.flat();
}

/** As many whole entries as fit. */
function fitting(entries: readonly string[], characters: number): string[] {
  let used = 0;
  return entries.filter((entry) => {
    used += entry.length;
    return used <= characters;
  });
}
