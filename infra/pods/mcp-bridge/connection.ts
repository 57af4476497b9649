import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type CallToolResult, CallToolResultSchema, type Tool, ToolSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { boundedFetch } from './bounded-fetch.ts';
import type { McpServerConfig } from './config.ts';
import { underSignal } from './request-signal.ts';

/** A session with one MCP server. */
export interface Connection {
  tools: Tool[];
  call(call: ToolCall, signal: AbortSignal): Promise<CallToolResult>;
  /** Ends the session, also on the server's side. */
  close(): Promise<void>;
}

/** `tool` by the server's own name. */
export interface ToolCall {
  tool: string;
  input: Record<string, unknown>;
  meta?: Record<string, unknown> | undefined;
}

export interface ConnectOptions {
  traceparent?: string | undefined;
  /** Milliseconds for each answer until the tools are known. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** Of one answer (controllers.md 7.4). */
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_PAGES = 100;
const GOODBYE_MS = 1000;

/** Tools one by one: a malformed one must not hide the others. */
const pageSchema = z.object({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });

/** Opens a session and lists the server's tools. Throws when it cannot. */
export async function connect(server: McpServerConfig, options: ConnectOptions): Promise<Connection> {
  const transport = new StreamableHTTPClientTransport(new URL(server.url), {
    requestInit: { headers: headersOf(server, options.traceparent) },
    fetch: boundedFetch(MAX_ANSWER_BYTES),
  });
  const client = new Client({ name: 'sympozium-mcp-bridge', version: '1.0.0' });
  const close = async () => {
    const farewell = transport.terminateSession().catch(() => undefined);
    const late = AbortSignal.timeout(GOODBYE_MS);
    await Promise.race([farewell, new Promise((resolve) => late.addEventListener('abort', resolve))]);
    await client.close();
  };
  try {
    const tools = await underSignal(options.signal, async (signal) => {
      const limits = { timeout: options.timeoutMs, signal };
      await client.connect(transport, limits);
      return listTools(client, limits);
    });
    return {
      tools,
      close,
      // Not `callTool`: it would refuse results that do not fit the server's own output schema.
      call: ({ tool, input, meta }, whole) =>
        underSignal(whole, (signal) => {
          const params = { name: tool, arguments: input, ...(meta && { _meta: meta }) };
          const limits = { timeout: server.timeoutMs, signal };
          return client.request({ method: 'tools/call', params }, CallToolResultSchema, limits);
        }),
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function listTools(client: Client, limits: { timeout: number; signal: AbortSignal }): Promise<Tool[]> {
  const tools: Tool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const answer = await client.request({ method: 'tools/list', params }, pageSchema, limits);
    tools.push(...answer.tools.flatMap((tool) => ToolSchema.safeParse(tool).data ?? []));
    if (!answer.nextCursor || answer.nextCursor === cursor) break;
    cursor = answer.nextCursor;
  }
  return tools;
}

/** Throws rather than ask without the token that the server is said to want. */
function headersOf({ auth, headers }: McpServerConfig, traceparent: string | undefined): Headers {
  const all = new Headers();
  if (traceparent !== undefined) all.set('traceparent', traceparent);
  if (auth !== undefined) {
    if (auth.token === undefined) {
      throw new MissingTokenError(
        `the token is missing: ${auth.variable} is empty; is its Secret there, with this key?`,
      );
    }
    all.set(auth.header, auth.scheme + auth.token);
  }
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return all;
}

export class MissingTokenError extends Error {
  override readonly name = 'MissingTokenError';
}
