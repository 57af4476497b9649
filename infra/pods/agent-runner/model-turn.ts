import { type ModelMessage, streamText, type ToolSet, tool } from 'ai';
import { formatDuration } from '../ipc/duration.ts';
import type { ChosenModel } from './model.ts';
import { RequestTimeout, StreamError, streamError } from './model-errors.ts';
import type { StreamWriter } from './stream-writer.ts';
import type { AgentTool } from './tools/tool.ts';

/** What the model answered in one request. */
export interface Turn {
  text: string;
  calls: ToolCall[];
  /** To be appended to the conversation, as the provider wants to see them again. */
  messages: ModelMessage[];
  inputTokens: number;
  outputTokens: number;
}

/** `refused` says why a call can't be run: unknown tool or arguments that don't fit; the conversation holds the reason already. */
export interface ToolCall {
  id: string;
  name: string;
  input: unknown;
  refused?: string;
}

export interface TurnRequest {
  chosen: ChosenModel;
  system: string;
  messages: ModelMessage[];
  tools: readonly AgentTool[];
  stream: StreamWriter;
  timeoutMs?: number;
  signal: AbortSignal;
}

/** Thrown once something was shown to people: asking again would show it twice. */
export class InterruptedTurn extends Error {
  override readonly name = 'InterruptedTurn';
}

/** One streaming request. Tools are only offered, not run: the loop does that, under its own limits. */
export async function requestTurn(request: TurnRequest): Promise<Turn> {
  const timeout = new AbortController();
  const timer = request.timeoutMs === undefined ? undefined : setTimeout(() => timeout.abort(), request.timeoutMs);
  const progress = { shown: false };
  try {
    return await consume(request, AbortSignal.any([request.signal, timeout.signal]), progress);
  } catch (thrown) {
    request.signal.throwIfAborted();
    const error = timeout.signal.aborted
      ? new RequestTimeout(`no complete answer within ${formatDuration(request.timeoutMs ?? 0)} (LLM_REQUEST_TIMEOUT)`)
      : thrown;
    throw progress.shown ? new InterruptedTurn('the answer broke off', { cause: error }) : error;
  } finally {
    clearTimeout(timer);
  }
}

async function consume(request: TurnRequest, signal: AbortSignal, progress: { shown: boolean }): Promise<Turn> {
  const result = streamText({
    model: request.chosen.model,
    system: request.system,
    messages: request.messages,
    tools: offered(request.tools),
    providerOptions: request.chosen.providerOptions,
    maxRetries: 0,
    abortSignal: signal,
    // Errors arrive as parts; the default would also print them, with the request's body.
    onError: () => undefined,
  });
  const turn: Turn = { text: '', calls: [], messages: [], inputTokens: 0, outputTokens: 0 };
  let finished = false;
  for await (const part of untilAborted(result.fullStream, signal)) {
    switch (part.type) {
      case 'text-delta':
        progress.shown ||= part.text !== '';
        turn.text += part.text;
        request.stream.append('text', part.text);
        break;
      case 'reasoning-delta':
        progress.shown ||= part.text !== '';
        request.stream.append('thinking', part.text);
        break;
      case 'tool-call':
        turn.calls.push(toolCall(part));
        break;
      case 'error':
        throw streamError(part.error);
      case 'finish':
        finished = isComplete(part);
        turn.inputTokens = part.totalUsage.inputTokens ?? 0;
        turn.outputTokens = part.totalUsage.outputTokens ?? 0;
        break;
    }
  }
  signal.throwIfAborted();
  if (!finished) throw new StreamError('the answer broke off');
  turn.messages = (await result.response).messages;
  return turn;
}

/** No reason at all is what the SDK makes of a connection that just closed: half an answer is no answer. */
function isComplete({ finishReason, rawFinishReason }: { finishReason: string; rawFinishReason: string | undefined }) {
  return finishReason !== 'error' && !(finishReason === 'other' && rawFinishReason === undefined);
}

function offered(tools: readonly AgentTool[]): ToolSet {
  return Object.fromEntries(
    tools.map(({ name, description, inputSchema }) => [name, tool({ description, inputSchema })]),
  );
}

function toolCall(part: {
  toolCallId: string;
  toolName: string;
  input: unknown;
  invalid?: boolean | undefined;
  error?: unknown;
}): ToolCall {
  return {
    id: part.toolCallId,
    name: part.toolName,
    input: part.input,
    ...(part.invalid && { refused: part.error instanceof Error ? part.error.message : 'invalid tool call' }),
  };
}

/** A provider may ignore the signal while it waits for a silent server; the run must not. */
async function* untilAborted<T>(stream: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const aborted = Promise.withResolvers<never>();
  // Observed here, so that an abort after the last part is no unhandled rejection.
  aborted.promise.catch(() => undefined);
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const iterator = stream[Symbol.asyncIterator]();
  try {
    signal.throwIfAborted();
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
