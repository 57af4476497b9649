import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describeError, type Log } from '../../ipc/log.ts';
import type { AdapterConfig } from './config.ts';

/** The server's process, one at a time, started again whenever it ends. */
export interface Child {
  /** It runs. */
  alive(): boolean;
  /** The session with it; undefined until it has introduced itself. */
  session(): Client | undefined;
  /** Resolves once `stop` has fired and the process is gone. */
  ended: Promise<void>;
}

export interface ChildOptions {
  config: AdapterConfig;
  log: Log;
  stop: AbortSignal;
  /** Milliseconds before the first new start; doubled each time up to `longestDelayMs`. */
  firstDelayMs?: number;
  longestDelayMs?: number;
}

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;
/** A server that lasted this long has not failed to start. */
const HEALTHY_MS = 60_000;
/** Some fetch themselves from a registry first. */
const INTRODUCTION_MS = 300_000;

export function startChild(options: ChildOptions): Child {
  const { config, log, stop, firstDelayMs = FIRST_DELAY_MS, longestDelayMs = LONGEST_DELAY_MS } = options;
  let alive = false;
  let session: Client | undefined;

  /** From start to exit. */
  async function life(): Promise<void> {
    const { command, args, env } = config;
    const transport = new StdioClientTransport({ command, args, env, stderr: 'inherit' });
    const client = new Client({ name: 'sympozium-mcp-adapter', version: '1.0.0' });
    const end = () => void client.close();
    // What is no message (a log line on standard output) is skipped; it can never be taken for an answer [CTL-WM4].
    client.onerror = (error) => log.warn('Skipped output of the server', { server: config.name, error: error.name });
    const closed = new Promise<void>((resolve) => {
      client.onclose = resolve;
    });
    stop.addEventListener('abort', end);
    try {
      const introduced = client.connect(transport, { timeout: INTRODUCTION_MS });
      alive = true;
      await introduced;
      session = client;
      log.info('Server is ready', { server: config.name });
      await closed;
    } finally {
      alive = false;
      session = undefined;
      stop.removeEventListener('abort', end);
      await client.close();
    }
  }

  async function live(): Promise<void> {
    let delay = firstDelayMs;
    while (!stop.aborted) {
      const startedAt = Date.now();
      const error = await life().then(
        () => 'it exited',
        (thrown: unknown) => describeError(thrown),
      );
      if (stop.aborted) return;
      if (Date.now() - startedAt > HEALTHY_MS) delay = firstDelayMs;
      log.error('Server ended; starting it again', { server: config.name, error, inMs: delay });
      await sleep(delay, undefined, { signal: stop }).catch(() => undefined);
      delay = Math.min(2 * delay, longestDelayMs);
    }
  }

  return { alive: () => alive, session: () => session, ended: live() };
}
