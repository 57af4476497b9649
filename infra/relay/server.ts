import { createServer, type IncomingMessage, type Server } from 'node:http';
import { AppError, classify, ERRORS } from '../../shared/errors.ts';

interface Response {
  status: number;
  /** JSON, or text when it is a string. */
  body: unknown;
}

export type Route = (request: IncomingMessage, url: URL) => Promise<Response> | Response;

/** Routes by `<method> <path>`. A throw becomes the status of its code; what is inside an unknown one is not shown. */
export function createRelayServer(routes: Readonly<Record<string, Route>>): Server {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://relay');
    const route = routes[`${request.method} ${url.pathname}`];
    const answer = async () => {
      if (route === undefined) throw new AppError('NOT_FOUND', 'There is no such endpoint');
      return route(request, url);
    };
    void answer()
      .catch(refusal)
      .then(({ status, body }) => {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        const type = typeof body === 'string' ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json';
        response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
      });
  });
  // A body that trickles in must not hold a connection for long.
  server.requestTimeout = 15_000;
  return server;
}

function refusal(thrown: unknown): Response {
  const { code, message } = classify(thrown);
  const known = thrown instanceof AppError;
  return { status: ERRORS[code].status, body: { code, message: known ? message : 'Unexpected failure' } };
}
