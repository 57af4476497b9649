import type { ModelMessage } from 'ai';
import { describeError, type Log } from '../ipc/log.ts';
import type { RunResult } from '../ipc/protocol.ts';
import type { RunnerConfig } from './config.ts';
import type { ChosenModel } from './model.ts';
import { describeModelError, retryableModelError } from './model-errors.ts';
import { InterruptedTurn, requestTurn, type ToolCall, type Turn } from './model-turn.ts';
import { type RetryPolicy, withRetries } from './retry.ts';
import type { StreamWriter } from './stream-writer.ts';
import type { RunTrace } from './telemetry.ts';
import { type AgentTool, ToolError } from './tools/tool.ts';

export interface LoopInput {
  task: string;
  system: string;
  chosen: ChosenModel;
  tools: readonly AgentTool[];
  stream: StreamWriter;
  limits: RunnerConfig['limits'];
  retry?: Omit<RetryPolicy, 'maxRetries'>;
  /** Fires on the run's deadline or on SIGTERM; the reason's message becomes the run's error. */
  signal: AbortSignal;
  log: Log;
  trace: RunTrace;
}

/** Counted while the loop runs, so that a run that fails still tells what it spent. */
interface Usage {
  inputTokens: number;
  outputTokens: number;
  toolCalls: number;
}

export type LoopEnd = Pick<RunResult, 'status' | 'response' | 'error'> & { usage: Usage };

/** Asks the model and runs the tools it calls until it answers without calling any. Never throws. */
export async function runAgentLoop(input: LoopInput): Promise<LoopEnd> {
  const usage: Usage = { inputTokens: 0, outputTokens: 0, toolCalls: 0 };
  try {
    return { status: 'success', response: await converse(input, usage), usage };
  } catch (error) {
    if (input.signal.aborted) return { status: 'error', error: describeError(input.signal.reason), usage };
    const message = error instanceof BudgetExceeded ? error.message : describeModelError(unwrapped(error));
    return { status: 'error', error: message, usage };
  }
}

async function converse(input: LoopInput, usage: Usage): Promise<string> {
  const messages: ModelMessage[] = [{ role: 'user', content: input.task }];
  const texts: string[] = [];
  for (let iteration = 0; iteration < input.limits.maxToolIterations; iteration += 1) {
    const turn = await nextTurn(input, messages);
    usage.inputTokens += turn.inputTokens;
    usage.outputTokens += turn.outputTokens;
    if (turn.text.trim() !== '') texts.push(turn.text);
    if (turn.calls.length === 0) return turn.text.trim() === '' ? texts.join('\n\n') : turn.text;
    usage.toolCalls += turn.calls.length;
    messages.push(...turn.messages, ...(await runCalls(input, turn.calls)));
  }
  throw new BudgetExceeded(`exceeded maximum tool-call iterations (${input.limits.maxToolIterations})`);
}

class BudgetExceeded extends Error {
  override readonly name = 'BudgetExceeded';
}

const unwrapped = (error: unknown) => (error instanceof InterruptedTurn ? error.cause : error);

function nextTurn(input: LoopInput, messages: ModelMessage[]): Promise<Turn> {
  const { chosen, system, tools, stream, limits, signal, log } = input;
  const attempt = () =>
    input.trace.modelCall(() =>
      requestTurn({
        chosen,
        system,
        messages,
        tools,
        stream,
        signal,
        ...(limits.requestTimeoutMs !== undefined && { timeoutMs: limits.requestTimeoutMs }),
      }),
    );
  return withRetries(attempt, retryableModelError, { ...input.retry, maxRetries: limits.maxRetries }, { signal, log });
}

/** One after the other, in the model's order: commands and files may depend on each other. */
async function runCalls(input: LoopInput, calls: readonly ToolCall[]): Promise<ModelMessage[]> {
  const messages: ModelMessage[] = [];
  for (const call of calls) {
    input.signal.throwIfAborted();
    input.stream.event('tool_use', JSON.stringify({ name: call.name, input: call.input }), call.id);
    const { text, failed } = await input.trace.toolCall(call, () => runCall(input, call));
    input.log.info('Ran tool', { tool: call.name, failed });
    input.stream.event('tool_result', text, call.id);
    // The SDK itself has answered a refused call in the turn's messages.
    if (call.refused === undefined) messages.push(toolMessage(call, text, failed));
  }
  return messages;
}

/** A tool that fails tells the model so; only the run's own end stops the loop (RUN-123). */
async function runCall({ tools, signal }: LoopInput, call: ToolCall): Promise<{ text: string; failed: boolean }> {
  if (call.refused !== undefined) return { text: `Error: ${call.refused}`, failed: true };
  const tool = tools.find(({ name }) => name === call.name);
  if (!tool) return { text: `Error: unknown tool ${call.name}`, failed: true };
  try {
    return { text: await tool.execute(call.input, signal), failed: false };
  } catch (error) {
    signal.throwIfAborted();
    const text = error instanceof ToolError ? error.message : `tool failed: ${describeError(error)}`;
    return { text: `Error: ${text}`, failed: true };
  }
}

function toolMessage(call: ToolCall, text: string, failed: boolean): ModelMessage {
  const output = { type: failed ? 'error-text' : 'text', value: text } as const;
  return { role: 'tool', content: [{ type: 'tool-result', toolCallId: call.id, toolName: call.name, output }] };
}
