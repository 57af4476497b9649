import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Envelope } from '../delivery/envelope.ts';
import { createReceiver } from '../delivery/receive.ts';
import { requestPass } from './request-pass.ts';

const SECRET = 'a-secret-of-tests';
const KEY = { namespace: 'team', name: 'run-1' };
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Stands for the function: verifies the request as every function does, and answers. */
async function aFunction(status: number, reply: unknown): Promise<{ url: string; received: Envelope[] }> {
  const receive = createReceiver([SECRET], () => new Date());
  const received: Envelope[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = new Headers(request.headers as Record<string, string>);
    const url = `http://function${request.url ?? ''}`;
    received.push(await receive(new Request(url, { method: 'POST', headers, body: Buffer.concat(chunks) })));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

const ask = (functionsUrl: string) =>
  requestPass(
    KEY,
    { functionName: 'reconcile-agentrun', plural: 'agentruns', functionsUrl, secret: SECRET },
    new Date(),
    new AbortController().signal,
  );

describe('requestPass', () => {
  it('asks for a pass over the run, signed as the relay signs, and gives the answer', async () => {
    const { url, received } = await aFunction(200, { outcome: 'requeueAfter', seconds: 5 });
    expect(await ask(url)).toEqual({ outcome: 'requeueAfter', seconds: 5 });
    expect(received).toMatchObject([{ type: 'ai.sympozium.reconcile', subject: 'agentruns/team/run-1' }]);
  });

  it('fails when the function cannot be reached, or does not answer 200', async () => {
    const { url } = await aFunction(500, {});
    await expect(ask(url)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await expect(ask('http://127.0.0.1:1')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});
