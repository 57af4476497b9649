import type { IncomingMessage } from 'node:http';
import { KubeUnreachableError } from './status-error.ts';

/** How to reach one API server, and as whom. `token` is asked for at each request, because tokens rotate. */
export interface Connection {
  server: string;
  ca?: string;
  clientCert?: string;
  clientKey?: string;
  skipTlsVerify?: boolean;
  token?: () => string | undefined | Promise<string | undefined>;
}

export interface RequestOptions {
  method: string;
  path: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
  /** Milliseconds until the request is given up; 0 waits for ever (watches). */
  deadlineMs?: number;
}

export type Send = (options: RequestOptions) => Promise<IncomingMessage>;

const DEFAULT_DEADLINE_MS = 10_000;
const MAX_SOCKETS = 64;

/** One keep-alive pool to one API server. */
export function createTransport(connection: Connection): { send: Send; close(): void } {
  const base = new URL(connection.server);
  const secure = base.protocol === 'https:';
  // Loaded here and not at import: it is a third of what importing a function costs.
  const http = process.getBuiltinModule('node:http');
  const https = process.getBuiltinModule('node:https');
  const agent = secure
    ? new https.Agent({
        keepAlive: true,
        maxSockets: MAX_SOCKETS,
        rejectUnauthorized: connection.skipTlsVerify !== true,
        ...(connection.ca !== undefined && { ca: connection.ca }),
        ...(connection.clientCert !== undefined && { cert: connection.clientCert }),
        ...(connection.clientKey !== undefined && { key: connection.clientKey }),
      })
    : new http.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const open = secure ? https.request : http.request;

  const send: Send = async (options) => {
    const token = await connection.token?.();
    const payload = options.body === undefined ? undefined : JSON.stringify(options.body);
    const url = new URL(base.pathname.replace(/\/$/, '') + options.path, base);
    for (const [key, value] of Object.entries(options.query ?? {}))
      if (value !== undefined) url.searchParams.set(key, value);
    const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    return new Promise((resolve, reject) => {
      const request = open(url, {
        method: options.method,
        agent,
        ...(options.signal !== undefined && { signal: options.signal }),
        headers: {
          accept: options.accept ?? 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(payload !== undefined && {
            'content-type': options.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(payload),
          }),
        },
      });
      const expire = () => request.destroy(new DOMException('no answer within the deadline', 'TimeoutError'));
      const timer = deadlineMs > 0 ? setTimeout(expire, deadlineMs) : undefined;
      request.once('close', () => clearTimeout(timer));
      request.once('response', resolve);
      request.once('error', (cause) => {
        reject(new KubeUnreachableError(`${options.method} ${url.pathname} failed: ${reasonOf(cause)}`, { cause }));
      });
      request.end(payload);
    });
  };
  return { send, close: () => agent.destroy() };
}

/** Reads a whole body as text. */
export function readText(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.once('end', () => resolve(text));
    response.once('error', (cause) => {
      reject(new KubeUnreachableError('The API server broke off its answer', { cause }));
    });
  });
}

function reasonOf(cause: Error): string {
  return cause.name === 'TimeoutError' || cause.name === 'AbortError' ? 'no answer within the deadline' : cause.message;
}
