/**
 * A language model without a language model: deterministic, offline, streaming word by word and calling tools. It answers
 * when the provider is `scripted`, so that everything works before any key exists, and it can misbehave on request for tests.
 *
 * Without directives it improvises (`script-improvisation.ts`). Directives in the task, in order, steer it:
 *
 *     [[say: text]]              says the text
 *     [[call: tool {json}]]      calls a tool; what follows happens in the next turn, after its result
 *     [[tokens: 10 20]]          reports 10 input and 20 output tokens per turn
 *     [[stall]] [[stall: 30s]]   is silent for ever, or for a while
 *     [[huge: 5MB]]              says five mebibytes of text
 *     [[fail: message]]          the provider refuses with this message
 *     [[malformed]]              the answer breaks off with something that cannot be parsed
 *     [[forge-markers]]          says text that imitates the result markers of the log
 *     [[crash: 137]]             the process dies with this code, leaving no result
 *     [[exit-without-result]]    the process ends with code 0, leaving no result
 *
 * A script that ends in a call gets a last turn that tells what the tools answered.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Model, ModelCall, ModelPart, ModelPrompt } from './model-types.ts';
import { type Effect, type ScriptedTurn, scriptedTurns } from './script-directives.ts';
import { improvise, type SeenResult } from './script-improvisation.ts';

export interface ScriptedModelOptions {
  modelId?: string;
  /** Pause between words, so that streaming can be watched. */
  wordDelayMs?: number;
  /** Ends the process; tests pass their own. */
  die?(code: number): void;
}

export function createScriptedModel(options: ScriptedModelOptions = {}): Model {
  const model: Model = {
    specificationVersion: 'v3',
    provider: 'scripted',
    modelId: options.modelId ?? 'scripted',
    supportedUrls: {},
    doGenerate: async () => {
      throw new Error('the scripted model only streams');
    },
    doStream: async (call) => ({ stream: ReadableStream.from(answer(call, options)) }),
  };
  return model;
}

async function* answer(call: ModelCall, options: ScriptedModelOptions): AsyncGenerator<ModelPart> {
  const { task, turn, seen } = conversation(call.prompt);
  const effects = nextTurn(task, turn, seen, new Set(call.tools?.map(({ name }) => name)));
  const spoken = { words: 0, calls: 0 };
  yield { type: 'stream-start', warnings: [] };
  for (const [position, effect] of effects.entries()) {
    yield* perform(effect, `${turn}-${position}`, { call, options, spoken });
  }
  yield {
    type: 'finish',
    finishReason: { unified: spoken.calls > 0 ? 'tool-calls' : 'stop', raw: undefined },
    usage: usage(effects, call.prompt, spoken.words),
  };
}

function nextTurn(task: string, turn: number, seen: SeenResult[], tools: ReadonlySet<string>): ScriptedTurn {
  const scripted = scriptedTurns(task);
  if (!scripted) return improvise(task, seen, tools);
  const effects = scripted[Math.min(turn, scripted.length - 1)] ?? [];
  const speaks = effects.some(({ kind }) => kind !== 'tokens' && kind !== 'stall');
  return speaks ? effects : [...effects, ...improvise('', seen, new Set())];
}

interface Stage {
  call: ModelCall;
  options: ScriptedModelOptions;
  spoken: { words: number; calls: number };
}

async function* perform(effect: Effect, id: string, stage: Stage): AsyncGenerator<ModelPart> {
  const signal = stage.call.abortSignal;
  switch (effect.kind) {
    case 'say':
      return yield* speak(effect.text.match(/\s*\S+|\s+$/g) ?? [], id, stage, stage.options.wordDelayMs ?? 15);
    case 'huge':
      return yield* speak(pieces(effect.bytes), id, stage, 0);
    case 'call':
      stage.spoken.calls += 1;
      return yield {
        type: 'tool-call',
        toolCallId: `call-${id}`,
        toolName: effect.tool,
        input: JSON.stringify(effect.input),
      };
    case 'stall':
      // The longest timer there is (24 days) stands for ever.
      await sleep(effect.milliseconds ?? 2 ** 31 - 1, undefined, signal ? { signal } : {});
      return;
    case 'fail':
      return yield { type: 'error', error: new Error(effect.message) };
    case 'malformed':
      yield* speak(['This', ' answer', ' breaks'], id, stage, 0);
      return yield { type: 'error', error: new Error('malformed answer: unexpected end of JSON input') };
    case 'crash':
      return (stage.options.die ?? die)(effect.code);
    case 'tokens':
      return;
  }
}

async function* speak(words: Iterable<string>, id: string, stage: Stage, delayMs: number): AsyncGenerator<ModelPart> {
  yield { type: 'text-start', id };
  for (const delta of words) {
    stage.spoken.words += 1;
    const signal = stage.call.abortSignal;
    if (delayMs > 0) await sleep(delayMs, undefined, signal ? { signal } : {});
    yield { type: 'text-delta', id, delta };
  }
  yield { type: 'text-end', id };
}

function* pieces(bytes: number): Generator<string> {
  const line = `${'All work and no play makes a dull log.'.padEnd(63, ' ')}\n`;
  const block = line.repeat(256);
  for (let left = bytes; left > 0; left -= block.length) yield block.slice(0, left);
}

/** Code 137 is what the kernel's SIGKILL looks like. */
function die(code: number): void {
  if (code === 137) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

function usage(effects: ScriptedTurn, prompt: ModelPrompt, words: number) {
  const told = effects.find((effect) => effect.kind === 'tokens');
  const input = told?.input ?? JSON.stringify(prompt).split(/\s+/).length;
  const output = told?.output ?? words;
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  };
}

/** The last request of a person, how often the model has spoken since, and what its tools answered. */
function conversation(prompt: ModelPrompt): { task: string; turn: number; seen: SeenResult[] } {
  const start = prompt.findLastIndex(({ role }) => role === 'user');
  const since = prompt.slice(start + 1);
  const inputs = new Map<string, unknown>();
  const seen: SeenResult[] = [];
  for (const message of since) {
    if (message.role !== 'assistant' && message.role !== 'tool') continue;
    for (const part of message.content) {
      if (part.type === 'tool-call') inputs.set(part.toolCallId, part.input);
      if (part.type === 'tool-result') seen.push(seenResult(part.toolName, inputs.get(part.toolCallId), part.output));
    }
  }
  return { task: textOf(prompt[start]), turn: since.filter(({ role }) => role === 'assistant').length, seen };
}

function seenResult(tool: string, input: unknown, output: { type: string; value?: unknown }): SeenResult {
  const fields = typeof input === 'object' && input !== null ? Object.fromEntries(Object.entries(input)) : {};
  return { tool, input: fields, text: typeof output.value === 'string' ? output.value : JSON.stringify(output.value) };
}

function textOf(message: ModelPrompt[number] | undefined): string {
  if (message?.role !== 'user') return '';
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
