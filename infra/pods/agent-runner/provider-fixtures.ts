import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ProviderRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

/** Answers one request of a provider's client. */
export type Answer = (response: ServerResponse) => void;

/** A provider's API on this machine. The last answer serves all further requests. */
export async function aProvider(...answers: Answer[]): Promise<{ url: string; requests: ProviderRequest[] }> {
  const requests: ProviderRequest[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    requests.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(body) });
    (answers[requests.length - 1] ?? answers.at(-1))?.(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests };
}

export const refuse =
  (status: number, message: string, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ type: 'error', error: { message, type: 'test' } }));
  };

/** Raw server-sent events; `end: false` leaves the connection open and silent. */
export const events =
  (lines: readonly string[], { end = true } = {}): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(lines.map((line) => `${line}\n\n`).join(''));
    if (end) response.end();
  };

const data = (value: object) => `data: ${JSON.stringify(value)}`;
const chatChunk = (delta: object, finish: string | null = null) =>
  data({ id: 'c1', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] });

/** The chat completions stream of OpenAI and what is compatible with it. */
export const openAi = {
  text: (...words: string[]): Answer =>
    events([
      ...words.map((content) => chatChunk({ role: 'assistant', content })),
      chatChunk({}, 'stop'),
      data({ id: 'c1', choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } }),
      'data: [DONE]',
    ]),
  call: (name: string, input: object): Answer =>
    events([
      chatChunk({
        role: 'assistant',
        tool_calls: [{ index: 0, id: 't1', type: 'function', function: { name, arguments: JSON.stringify(input) } }],
      }),
      chatChunk({}, 'tool_calls'),
      data({ id: 'c1', choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } }),
      'data: [DONE]',
    ]),
  /** The beginning of an answer. */
  words: (...words: string[]): string[] => words.map((content) => chatChunk({ content })),
};

const event = (value: { type: string; [key: string]: unknown }) => `event: ${value.type}\n${data(value)}`;
const messageStart = event({
  type: 'message_start',
  message: {
    id: 'm1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 11, output_tokens: 1 },
  },
});
const messageEnd = (reason: string) => [
  event({ type: 'content_block_stop', index: 0 }),
  event({ type: 'message_delta', delta: { stop_reason: reason }, usage: { output_tokens: 7 } }),
  event({ type: 'message_stop' }),
];

function anthropicWords(...words: string[]): string[] {
  return [
    messageStart,
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...words.map((text) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
  ];
}

/** The messages stream of Anthropic. */
export const anthropic = {
  /** The beginning of an answer. */
  words: anthropicWords,
  text: (...words: string[]): Answer => events([...anthropicWords(...words), ...messageEnd('end_turn')]),
  thinking: (...thoughts: string[]): Answer =>
    events([
      messageStart,
      event({ type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } }),
      ...thoughts.map((thinking) =>
        event({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking } }),
      ),
      event({ type: 'content_block_stop', index: 0 }),
      event({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } }),
      event({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'So.' } }),
      event({ type: 'content_block_stop', index: 1 }),
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }),
      event({ type: 'message_stop' }),
    ]),
  call: (name: string, input: object): Answer =>
    events([
      messageStart,
      event({ type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't1', name, input: {} } }),
      event({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
      }),
      ...messageEnd('tool_use'),
    ]),
};
