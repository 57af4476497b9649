import { setTimeout as sleep } from 'node:timers/promises';
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { ToolAccess } from '../../../shared/pods/tool-access.ts';
import { describeError, type Log } from '../ipc/log.ts';
import type { McpServerConfig } from './config.ts';
import { type Connection, connect, MissingTokenError, type ToolCall } from './connection.ts';
import { type OfferedTool, offeredTools } from './offered-tools.ts';

/** A server in session, with the tools that this run may use. */
interface OpenServer {
  connection: Connection;
  tools: Map<string, OfferedTool>;
}

/** The MCP servers of a run. Each is connected to when it is first asked for, and again after it was lost. */
export interface Servers {
  /** Tools that may be used, by registered name. Throws when the server cannot be reached in time, in words for the agent. */
  tools(server: McpServerConfig): Promise<Map<string, OfferedTool>>;
  call(server: McpServerConfig, call: ToolCall, signal: AbortSignal): Promise<CallToolResult>;
  close(): Promise<void>;
}

export interface ServersOptions {
  access: ToolAccess;
  traceparent: string | undefined;
  log: Log;
  /** Milliseconds in which a server must let us in and list its tools, with as many attempts as fit. */
  connectMs?: number;
}

/** A new pod's network and a new server's endpoint need a moment; a dead server must not hold up the run for long [RUN-W57]. */
const CONNECT_MS = 10_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 2000;

export function createServers({ access, traceparent, log, connectMs = CONNECT_MS }: ServersOptions): Servers {
  const sessions = new Map<string, Promise<OpenServer>>();
  const closing = new AbortController();

  async function opened(server: McpServerConfig): Promise<OpenServer> {
    const connection = await connectInTime(server);
    const tools = offeredTools(server, connection.tools, access);
    log.info('Connected to MCP server', { server: server.name, tools: connection.tools.length, offered: tools.size });
    return { connection, tools };
  }

  async function connectInTime(server: McpServerConfig): Promise<Connection> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(connectMs)]);
    for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
      try {
        return await connect(server, { traceparent, timeoutMs: Math.min(server.timeoutMs, connectMs), signal });
      } catch (error) {
        if (isFinal(error)) throw error;
        await sleep(delay, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) throw error;
      }
    }
  }

  function session(server: McpServerConfig): Promise<OpenServer> {
    const known = sessions.get(server.name);
    if (known !== undefined) return known;
    const opening = opened(server).catch((cause: unknown) => {
      if (sessions.get(server.name) === opening) sessions.delete(server.name);
      throw new Error(`MCP server "${server.name}" not connected: ${describeError(cause)}`, { cause });
    });
    sessions.set(server.name, opening);
    return opening;
  }

  return {
    tools: async (server) => (await session(server)).tools,
    async call(server, call, signal) {
      const current = session(server);
      const { connection } = await current;
      try {
        return await connection.call(call, signal);
      } catch (error) {
        if (!isSessionLost(error)) throw error;
        // The server has not looked at the call, so it can be made again.
        if (sessions.get(server.name) === current) sessions.delete(server.name);
        return (await session(server)).connection.call(call, signal);
      }
    },
    async close() {
      closing.abort();
      const open = await Promise.allSettled(sessions.values());
      await Promise.all(open.map((one) => (one.status === 'fulfilled' ? one.value.connection.close() : undefined)));
    },
  };
}

/** True when the same attempt would fail again: it was refused, not missed. */
function isFinal(error: unknown): boolean {
  if (error instanceof MissingTokenError) return true;
  const code = httpStatus(error);
  return code !== undefined && code >= 400 && code < 500 && ![404, 408, 425, 429].includes(code);
}

/** A server that was restarted knows its old sessions no more: 404, or 400 from some. */
const isSessionLost = (error: unknown): boolean =>
  httpStatus(error) === 404 || (httpStatus(error) === 400 && error instanceof Error && /session/i.test(error.message));

/** The status that a server refused to be connected to with, or a call. */
export function httpStatus(error: unknown): number | undefined {
  if (error instanceof StreamableHTTPError) return error.code;
  return error instanceof Error && error.cause !== undefined ? httpStatus(error.cause) : undefined;
}
