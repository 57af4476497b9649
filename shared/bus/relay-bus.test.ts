import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Secret } from '../config/load.ts';
import { verify } from '../delivery/signature.ts';
import { createRelayBus } from './relay-bus.ts';

const SECRET = 'function-to-relay';
let close: (() => void) | undefined;
afterEach(() => close?.());

async function busBefore(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return createRelayBus({ url: `http://127.0.0.1:${port}`, secret: new Secret(SECRET), now: () => new Date() });
}

it('asks for the messages of a subject after a sequence, its path signed', async () => {
  const stored = [{ subject: 'sympozium.a', sequence: 8, time: '2026-01-01T00:00:00Z', payload: { a: 1 } }];
  const bus = await busBefore((request, response) => {
    const headers = new Headers(request.headers as Record<string, string>);
    const isSigned = verify([SECRET], headers, request.url ?? '', new Date()) !== '';
    const isRight = isSigned && request.method === 'GET' && request.url === '/messages?subject=sympozium.a&after=7';
    response.writeHead(isRight ? 200 : 400).end(JSON.stringify(stored));
  });

  expect(await bus.since('sympozium.a', 7)).toEqual(stored);
});

it('has no messages when the relay is too old to know the question', async () => {
  const bus = await busBefore((_, response) => response.writeHead(404).end());

  expect(await bus.since('sympozium.a', 0)).toEqual([]);
});

it('says that the relay is unavailable when it answers with a failure', async () => {
  const bus = await busBefore((_, response) => response.writeHead(503).end());

  await expect(bus.since('sympozium.a', 0)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
});
