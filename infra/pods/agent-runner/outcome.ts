import { join } from 'node:path';
import { writeFileAtomic } from '../ipc/files.ts';
import type { Log } from '../ipc/log.ts';
import { memoryBlockOf, memoryLine, type RunResult, resultLine, withoutMemoryBlocks } from '../ipc/protocol.ts';
import { abbreviate, truncateUtf8 } from '../ipc/text.ts';
import type { RunnerConfig } from './config.ts';

/** A result must fit a bus message (1 MiB by default) and a status field, also after JSON has escaped it. */
const MAX_RESULT_BYTES = 768 * 1024;
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

/** Cuts the response until the whole result fits, and says so (RUN-W22). */
export function fitResult(result: RunResult, maxBytes = MAX_RESULT_BYTES): RunResult {
  let current = result;
  let excess = Buffer.byteLength(JSON.stringify(current)) - maxBytes;
  while (excess > 0 && current.response) {
    const bytes = Buffer.byteLength(current.response);
    // One character may be six bytes of JSON: cut by the share that is too much, and look again.
    const keep = Math.max(0, Math.floor(bytes * (maxBytes / (maxBytes + excess))) - 64);
    current = { ...current, response: truncateUtf8(current.response, keep), truncated: true };
    excess = Buffer.byteLength(JSON.stringify(current)) - maxBytes;
  }
  return current;
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
