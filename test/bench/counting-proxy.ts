import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import type { Connection } from '../../shared/kube/transport.ts';
import { requestKind } from './request-kind.ts';

export interface CountingProxy {
  url: string;
  /** Requests since the last call, by kind (`patch agentruns/status`) and status code. */
  take(): Map<string, number>;
  stop(): Promise<void>;
}

/**
 * A loopback HTTP server in front of an API server that counts what passes. A request with a token keeps its identity; one
 * without acts as the connection's own.
 */
export async function startCountingProxy(connection: Connection): Promise<CountingProxy> {
  const upstream = new URL(connection.server);
  const trust = { keepAlive: true, ...(connection.ca !== undefined && { ca: connection.ca }) };
  const anonymous = new Agent(trust);
  const own = new Agent({
    ...trust,
    ...(connection.clientCert !== undefined && { cert: connection.clientCert }),
    ...(connection.clientKey !== undefined && { key: connection.clientKey }),
  });
  let counts = new Map<string, number>();

  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const token = request.headers.authorization === undefined ? await connection.token?.() : undefined;
    const headers = { ...request.headers, host: upstream.host, ...(token && { authorization: `Bearer ${token}` }) };
    const onward = httpsRequest(new URL(request.url ?? '/', upstream), {
      method: request.method,
      headers,
      agent: headers.authorization === undefined ? own : anonymous,
    });
    onward.once('response', (answer) => {
      const kind = `${requestKind(request.method ?? '', request.url ?? '', request.headers['content-type'])} ${answer.statusCode}`;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      pipeline(answer, response, () => undefined);
    });
    onward.once('error', () => response.destroy());
    response.once('close', () => onward.destroy());
    request.pipe(onward);
  };
  const server = createServer((request, response) => void forward(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // A listener on TCP has such an address.
    take() {
      const taken = counts;
      counts = new Map();
      return taken;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      for (const agent of [anonymous, own]) agent.destroy();
    },
  };
}
