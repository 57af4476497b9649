import { join } from 'node:path';
import { writeFileAtomic } from '../ipc/files.ts';
import type { Log } from '../ipc/log.ts';
import { memoryBlockOf, memoryLine, type RunResult, resultLine, withoutMemoryBlocks } from '../ipc/protocol.ts';
import { fitResult } from '../ipc/result.ts';
import { abbreviate } from '../ipc/text.ts';
import type { RunnerConfig } from './config.ts';

const MEMORY_STORE_TIMEOUT_MS = 5000;

export interface OutcomeSinks {
  /** Host path of `/ipc`. */
  ipc: string;
  print(line: string): Promise<void>;
  log: Log;
}

/** How the loop ended. */
export type LoopOutcome = Pick<RunResult, 'status' | 'response' | 'error' | 'metrics'>;

/**
 * Makes an outcome known, in the order of agentrun.md 5.1: memory, result file, done file, marker. Each step is tried
 * whatever became of the ones before: a full volume must not also cost the marker.
 * @returns the exit code: 0 for success, 1 for an error.
 */
export async function reportOutcome(outcome: LoopOutcome, config: RunnerConfig, sinks: OutcomeSinks): Promise<0 | 1> {
  const attempt = async (what: string, step: () => Promise<void>) => {
    try {
      await step();
    } catch (error) {
      sinks.log.error(`Could not ${what}`, { error: String(error) });
    }
  };
  const response = outcome.response ?? '';
  if (outcome.status === 'success' && response !== '' && config.memory.serverUrl) {
    await attempt('store the automatic memory', () => storeMemory(config, response));
  }
  const memory = config.memory.legacy ? memoryBlockOf(response) : undefined;
  if (memory) await attempt('print the memory', () => sinks.print(memoryLine(memory)));

  const result = fitResult(toResult(outcome, config.debug ? response : withoutMemoryBlocks(response)));
  const write = (name: string, data: string) =>
    writeFileAtomic(join(sinks.ipc, name), data, { scratch: join(sinks.ipc, '.tmp') });
  await attempt('write the result', () => write('output/result.json', JSON.stringify(result, null, 2)));
  await attempt('write the done file', () => write('done', 'done'));
  await attempt('print the result', () => sinks.print(resultLine(result)));
  return result.status === 'success' ? 0 : 1;
}

function toResult(outcome: LoopOutcome, response: string): RunResult {
  return {
    status: outcome.status,
    ...(response !== '' && { response }),
    ...(outcome.error && { error: outcome.error }),
    metrics: outcome.metrics,
  };
}

async function storeMemory(config: RunnerConfig, response: string): Promise<void> {
  const reply = await fetch(`${config.memory.serverUrl}/store`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      content: `Task: ${abbreviate(config.task, 500)}\n\nResponse: ${abbreviate(response, 1000)}`,
      tags: ['auto', 'agent-run'],
    }),
    signal: AbortSignal.timeout(MEMORY_STORE_TIMEOUT_MS),
  });
  if (!reply.ok) throw new Error(`The memory server answered HTTP ${reply.status}`);
  await reply.body?.cancel();
}
