import type { Log } from '../ipc/log.ts';
import type { RunnerConfig } from './config.ts';
import type { ToolCall, Turn } from './model-turn.ts';

/** Where a run's spans begin and end. Without telemetry it only calls through. */
export interface RunTrace {
  modelCall(work: () => Promise<Turn>): Promise<Turn>;
  toolCall<T extends { failed: boolean }>(call: ToolCall, work: () => Promise<T>): Promise<T>;
  end(outcome: { status: 'success' | 'error'; error?: string }): Promise<void>;
}

export const NO_TRACE: RunTrace = {
  modelCall: (work) => work(),
  toolCall: (_call, work) => work(),
  end: async () => undefined,
};

export async function startTrace(_config: RunnerConfig, _log: Log): Promise<RunTrace> {
  return NO_TRACE;
}
