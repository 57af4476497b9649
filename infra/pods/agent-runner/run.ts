import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { formatDuration } from '../ipc/duration.ts';
import { describeError, type Log } from '../ipc/log.ts';
import type { PathMap } from '../ipc/paths.ts';
import type { RunnerConfig } from './config.ts';
import type { ChosenModel } from './model.ts';
import type { LoopOutcome } from './outcome.ts';
import type { RetryPolicy } from './retry.ts';
import { createStreamWriter } from './stream-writer.ts';
import { type RunTrace, untraced } from './telemetry.ts';

export interface RunDependencies {
  paths: PathMap;
  log: Log;
  /** Fires on SIGTERM. */
  cancelled: AbortSignal;
  chooseModel(config: RunnerConfig['model']): Promise<ChosenModel>;
  retry?: Omit<RetryPolicy, 'maxRetries'>;
  trace?: RunTrace;
}

/** Does the task. Never throws: whatever goes wrong is an outcome. */
export async function performRun(config: RunnerConfig, dependencies: RunDependencies): Promise<LoopOutcome> {
  const startedAt = Date.now();
  const measured = (usage = { inputTokens: 0, outputTokens: 0, toolCalls: 0 }) => ({
    durationMs: Date.now() - startedAt,
    ...usage,
  });
  const failed = (error: string): LoopOutcome => ({ status: 'error', error, metrics: measured() });
  if (config.task.trim() === '') return failed('no task: TASK is empty and /ipc/input/task.json has none');
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new Error(`run timed out after ${formatDuration(config.limits.runTimeoutMs)}`));
  }, config.limits.runTimeoutMs);
  try {
    const signal = AbortSignal.any([dependencies.cancelled, deadline.signal]);
    const { usage, ...end } = await loop(config, dependencies, startedAt, signal);
    return { ...end, metrics: measured(usage) };
  } catch (error) {
    return failed(describeError(error));
  } finally {
    clearTimeout(timer);
  }
}

async function loop(config: RunnerConfig, dependencies: RunDependencies, startedAt: number, signal: AbortSignal) {
  const { paths, log } = dependencies;
  // The SDK prints its warnings to stdout, where the markers belong.
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  // Loaded here: a run without a task need not wait for the SDK.
  const [{ runAgentLoop }, { buildTools }, { buildSystemPrompt }, { memoryContext }] = await Promise.all([
    import('./agent-loop.ts'),
    import('./tools/registry.ts'),
    import('./system-prompt.ts'),
    import('./memory-context.ts'),
  ]);
  const trace = dependencies.trace ?? untraced(config.traceparent);
  // Tools hand the context on, so that what others do for the run becomes part of its trace.
  const toolConfig = { ...config, traceparent: trace.traceparent };
  const [chosen, tools, prompt, recalled] = await Promise.all([
    dependencies.chooseModel(config.model),
    buildTools({ config: toolConfig, paths, log, startedAt }),
    buildSystemPrompt(config, paths),
    memoryContext(config, log, signal),
  ]);
  const stream = createStreamWriter({
    folder: paths.toHost('/ipc/output'),
    scratch: paths.toHost('/ipc/.tmp'),
    onError: (error) => log.error('Could not write a stream chunk', { error: describeError(error) }),
  });
  const { limits, task } = config;
  const system = [prompt, ...recalled].join('\n\n---\n\n');
  const retry = dependencies.retry ?? {};
  const end = await runAgentLoop({ task, system, chosen, tools, stream, limits, retry, signal, log, trace });
  await stream.close();
  trace.end(end.status);
  return end;
}

/** The task from the environment, else from the file that can hold more than an environment variable (RUN-W16). */
export async function withTaskFile(config: RunnerConfig, paths: PathMap): Promise<RunnerConfig> {
  if (config.task.trim() !== '') return config;
  const text = await readFile(paths.toHost('/ipc/input/task.json'), 'utf8').catch(() => '{}');
  const input = taskFile.safeParse(parsed(text));
  if (!input.success) return config;
  return {
    ...config,
    task: input.data.task ?? '',
    ...(input.data.systemPrompt && { systemPrompt: input.data.systemPrompt }),
  };
}

const taskFile = z.object({ task: z.string().optional(), systemPrompt: z.string().optional() });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
