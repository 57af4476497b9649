import type { FlexibleSchema } from 'ai';
import type { Log } from '../../ipc/log.ts';
import type { PathMap } from '../../ipc/paths.ts';
import type { RunnerConfig } from '../config.ts';

/** What tools work with. */
export interface ToolContext {
  config: RunnerConfig;
  paths: PathMap;
  log: Log;
  /** Milliseconds since the epoch at which the runner started. */
  startedAt: number;
}

/**
 * A tool of the agent. What `execute` returns is what the model reads. It throws `ToolError` for a failure the model should
 * know of; that never ends the run (RUN-123).
 */
export interface AgentTool {
  name: string;
  description: string;
  inputSchema: FlexibleSchema<unknown>;
  /** @param input has been checked against `inputSchema`. */
  execute(input: unknown, signal: AbortSignal): Promise<string>;
}

/** A failure whose message is meant for the model. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}
