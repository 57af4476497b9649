import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Log } from '../../ipc/log.ts';
import { startChild } from './child.ts';
import type { AdapterConfig } from './config.ts';
import { adapterApp } from './http.ts';

export interface AdapterOptions {
  config: AdapterConfig;
  log: Log;
  /** Fires on SIGTERM. */
  stop: AbortSignal;
  firstDelayMs?: number;
  longestDelayMs?: number;
  /** Told the port once it listens. */
  listening?: (port: number) => void;
}

/** What calls get to end once the adapter is told to. */
const DRAIN_MS = 5000;

/** Serves a stdio server over HTTP until `stop` fires; then calls may end, and the server's process does (controllers.md 7.5). */
export async function runAdapter(options: AdapterOptions): Promise<void> {
  const { config, log, stop, listening } = options;
  const ended = new AbortController();
  const child = startChild({ ...options, stop: ended.signal });
  const server = createServer(getRequestListener(adapterApp(child, config.name).fetch));
  try {
    server.listen(config.port);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    log.info('Serving a stdio server', { server: config.name, port });
    listening?.(port);
    if (!stop.aborted) await once(stop, 'abort');
    await drained(server);
  } finally {
    ended.abort();
    server.closeAllConnections();
    await child.ended;
  }
}

async function drained(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
