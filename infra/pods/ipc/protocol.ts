/**
 * The file protocol of a run's pod (agentrun.md 5.1 and 6): what lies under `/ipc`, and the markers in the agent's log.
 */
export const IPC_DIRECTORIES = ['input', 'output', 'spawn', 'tools', 'messages', 'schedules'] as const;

/** `/ipc/output/result.json`, also between the result markers of the log. */
export interface RunResult {
  status: 'success' | 'error';
  response?: string;
  error?: string;
  metrics: { durationMs: number; inputTokens: number; outputTokens: number; toolCalls: number };
  /** Set when the response was cut to what the bus and a status field can hold; absent otherwise. */
  truncated?: true;
}

/** `/ipc/output/stream-<index>.json`. `tool_use` holds JSON `{"name","input"}`, `tool_result` the text the model gets. */
export interface StreamChunk {
  type: 'text' | 'thinking' | 'tool_use' | 'tool_result';
  content: string;
  index: number;
  toolId?: string;
}

/** `/ipc/tools/exec-request-<id>.json`. `timeout` in seconds; `target` names the skill sidecar that must run it. */
export interface ExecRequest {
  id: string;
  command: string;
  args: string[];
  workDir: string;
  timeout: number;
  stdin?: string;
  target?: string;
  _meta?: Record<string, string>;
}

/** `/ipc/tools/exec-result-<id>.json`. */
export interface ExecResult {
  id: string;
  exitCode: number;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

/** `/ipc/tools/executor-<name>.json`: a skill sidecar saying that it serves requests. */
export interface ExecutorAnnouncement {
  name: string;
  /** RFC 3339. */
  startedAt: string;
}

/** `/ipc/messages/send-<n>.json`. */
export interface ChannelMessage {
  channel: string;
  chatId: string;
  text: string;
}

export const EMPTY_METRICS: RunResult['metrics'] = { durationMs: 0, inputTokens: 0, outputTokens: 0, toolCalls: 0 };

const MARKER_PREFIX = '__SYMPOZIUM_';

/**
 * JSON on one line, in which no log marker can occur: a reader that searches for markers can't be misled by what a model
 * or a tool wrote (RUN-W22). It decodes to the same value.
 */
export function markerSafeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(MARKER_PREFIX, `\\u005f${MARKER_PREFIX.slice(1)}`);
}

export const resultLine = (result: RunResult): string =>
  `__SYMPOZIUM_RESULT__${markerSafeJson(result)}__SYMPOZIUM_END__`;

const MEMORY_BLOCK = /__SYMPOZIUM_MEMORY__([\s\S]*?)__SYMPOZIUM_MEMORY_END__/g;

/** The content of the last memory block in a response (agentrun.md 5.3), trimmed; undefined when there is none. */
export function memoryBlockOf(response: string): string | undefined {
  return [...response.matchAll(MEMORY_BLOCK)].at(-1)?.[1]?.trim() || undefined;
}

/** Raw between the markers, as the format demands; markers inside the content lose their meaning. */
export const memoryLine = (content: string): string =>
  `__SYMPOZIUM_MEMORY__${content.replaceAll(MARKER_PREFIX, '__SYMPOZIUM-')}__SYMPOZIUM_MEMORY_END__`;

export const withoutMemoryBlocks = (response: string): string => response.replaceAll(MEMORY_BLOCK, '').trim();
