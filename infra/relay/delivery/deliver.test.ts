import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../shared/config/load.ts';
import { createReceiver } from '../../../shared/delivery/receive.ts';
import { type Call, createDeliver } from './deliver.ts';
import { createPost } from './post.ts';

const SECRET = 'whsec_c2VjcmV0';
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

const CALL: Call = {
  functionName: 'reconcile-thing',
  timeoutSeconds: 1,
  content: { type: 'ai.sympozium.reconcile', subject: 'things/ns/a', data: { attempt: 3 } },
};

/** A function on a real port, and a relay's delivery to it. */
async function aFunction(answer: Answer) {
  const received: { path: string; headers: Headers; body: Buffer }[] = [];
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      received.push({
        path: request.url ?? '',
        headers: new Headers(Object.entries(request.headers) as [string, string][]),
        body,
      });
      answer(request, response, body);
    });
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { post, close } = createPost(url);
  closing.push(
    close,
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const deliver = createDeliver({ post, secret: new Secret(SECRET), source: '/relay/0', now: () => new Date() });
  return { deliver, received, sockets, server };
}

const answering =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));

describe('a delivery', () => {
  it('is what the shared receiver accepts, and goes over one connection, when several follow each other', async () => {
    const { deliver, received, sockets } = await aFunction(answering(200, { outcome: 'settled' }));
    await deliver(CALL);
    await deliver(CALL);
    const receive = createReceiver([SECRET], () => new Date());
    const envelopes = [];
    for (const { headers, body } of received) {
      envelopes.push(
        await receive(new Request('http://function/', { method: 'POST', headers, body: new Uint8Array(body) })),
      );
    }
    expect(received.map(({ path }) => path)).toEqual(['/functions/reconcile-thing', '/functions/reconcile-thing']);
    expect(envelopes[0]).toMatchObject({ source: '/relay/0', ...CALL.content });
    expect(envelopes[0]?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    // A replay guard refuses an id that was used before, so each attempt has its own.
    expect(envelopes[0]?.id).not.toBe(envelopes[1]?.id);
    expect(sockets.size).toBe(1);
  });

  it('stays in the trace of the message that led to it', async () => {
    const { deliver, received } = await aFunction(answering(200, { outcome: 'settled' }));
    const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await deliver({ ...CALL, traceparent: parent });
    const { traceparent } = JSON.parse(received[0]?.body.toString() ?? '{}');
    expect(traceparent).toMatch(new RegExp(`^00-${'a'.repeat(32)}-[0-9a-f]{16}-01$`));
    expect(traceparent).not.toBe(parent);
  });

  it.each([
    { when: 'the reply is settled', answer: answering(200, { outcome: 'settled' }), kind: 'replied' },
    {
      when: 'the reply asks for a later pass',
      answer: answering(200, { outcome: 'requeueAfter', seconds: 1.5 }),
      kind: 'replied',
    },
    { when: 'the reply is terminal', answer: answering(200, { outcome: 'terminal', code: 'X' }), kind: 'replied' },
    { when: 'the reply has an unknown outcome', answer: answering(200, { outcome: 'maybe' }), kind: 'REPLY_INVALID' },
    { when: 'the reply is no JSON', answer: answering(200, '<html>'), kind: 'REPLY_INVALID' },
    { when: 'the reply is empty', answer: answering(200, ''), kind: 'REPLY_INVALID' },
    { when: 'the reply never ends', answer: answering(200, 'x'.repeat(100_000)), kind: 'CONNECTION_LOST' },
    { when: 'the status is 204', answer: answering(204, ''), kind: 'HTTP_204' },
    { when: 'the status is 401', answer: answering(401, { outcome: 'settled' }), kind: 'HTTP_401' },
    { when: 'the status is 500', answer: answering(500, 'boom'), kind: 'HTTP_500' },
    { when: 'the function is at its limit', answer: answering(429, ''), kind: 'throttled HTTP_429' },
    { when: 'the function is not ready', answer: answering(503, ''), kind: 'throttled HTTP_503' },
    {
      when: 'the function dies on it',
      answer: ((request) => request.socket.destroy()) satisfies Answer,
      kind: 'CONNECTION_LOST',
    },
  ])('comes to $kind when $when', async ({ answer, kind }) => {
    const { deliver } = await aFunction(answer);
    const delivery = await deliver(CALL);
    const seen =
      delivery.kind === 'replied'
        ? 'replied'
        : delivery.kind === 'failed'
          ? delivery.cause
          : `throttled ${delivery.cause}`;
    expect(seen).toBe(kind);
  });

  it('passes on how long the function asks to wait when it is throttled', async () => {
    const { deliver } = await aFunction(answering(429, '', { 'retry-after': '7' }));
    expect(await deliver(CALL)).toEqual({ kind: 'throttled', cause: 'HTTP_429', retryAfterMs: 7_000 });
  });

  it('holds back the function and not the key when nobody listens there', async () => {
    const { deliver, server } = await aFunction(answering(200, ''));
    await new Promise((resolve) => server.close(resolve));
    expect(await deliver(CALL)).toEqual({ kind: 'throttled', cause: 'UNREACHABLE' });
  });

  it('is given up 5 s after the time-out of the function, and not before', { timeout: 15_000 }, async () => {
    const { deliver } = await aFunction(() => {});
    const startedAt = performance.now();
    expect(await deliver({ ...CALL, timeoutSeconds: 0.1 })).toEqual({ kind: 'failed', cause: 'TIMEOUT' });
    expect(performance.now() - startedAt).toBeGreaterThan(5_050);
  });
});
