import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Terminal } from './terminal.ts';

/** A terminal that keeps what is written to it. */
export interface FakeTerminal extends Terminal {
  written: { out: string; err: string };
  interrupt(): void;
}

export function aTerminal(
  options: Partial<Pick<Terminal, 'env' | 'cwd' | 'outIsTty' | 'errIsTty'>> = {},
): FakeTerminal {
  const interrupt = new AbortController();
  const written = { out: '', err: '' };
  return {
    written,
    interrupt: () => interrupt.abort(),
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    outIsTty: false,
    errIsTty: false,
    width: 80,
    env: {},
    cwd: '/nowhere',
    interrupted: interrupt.signal,
    ...options,
  };
}

interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

type Answer = (response: ServerResponse, request: SeenRequest) => void;

/** A tiny API: answers by `METHOD path`, and keeps what it was asked. An answer list is used up one by one, its last one stays. */
export async function startApi(answers: Record<string, Answer | Answer[]>) {
  const seen: SeenRequest[] = [];
  const used = new Map<string, number>();
  const server = createServer(async (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://api');
    let body = '';
    for await (const chunk of incoming) body += String(chunk);
    const request = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body,
    };
    seen.push(request);
    const key = `${request.method} ${request.path.replace('/api/v1', '')}`;
    const list = [answers[key] ?? missing].flat();
    const index = Math.min(used.get(key) ?? 0, list.length - 1);
    used.set(key, index + 1);
    (list[index] ?? missing)(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const missing: Answer = (response) => text(404, 'not found')(response, {} as SeenRequest);

export const json =
  (value: unknown, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };

export const text =
  (status: number, message: string): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/plain' });
    response.end(`${message}\n`);
  };

export interface SentEvent {
  event: string;
  id?: number;
  data: unknown;
}

/** An event stream of these events, which then ends, or stays open. */
export const events =
  (list: readonly SentEvent[], { open = false } = {}): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const { event, id, data } of list) {
      response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
    if (!open) response.end();
  };

export const status = (phase: string, more: object = {}): SentEvent => ({ event: 'status', data: { phase, ...more } });
export const chunk = (id: number, type: string, content: string): SentEvent => ({
  event: 'chunk',
  id,
  data: { type, content, index: id },
});
export const END: SentEvent = { event: 'end', data: {} };

export function aRun(name: string, runStatus: object = {}, spec: object = {}): object {
  return {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'AgentRun',
    metadata: { name, namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      instanceRef: 'default',
      task: 'Say hello',
      model: { provider: 'scripted', model: 'm', authSecretRef: '' },
      ...spec,
    },
    status: runStatus,
  };
}
