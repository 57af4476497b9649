import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import { readJsonIfComplete, writeFileAtomic } from '../ipc/files.ts';
import { eventually, memoryLog, type PodFolders } from '../ipc/fixtures.ts';
import { runBridge } from './bridge.ts';
import { loadBridgeConfig } from './config.ts';
import type { McpResult } from './content.ts';
import type { ToolManifest } from './manifest.ts';

export interface McpServerFixture {
  url: string;
  /** Calls that were carried out, in their order. */
  calls: { tool: string; input: unknown }[];
  /** Headers of every request. */
  headers: Headers[];
  methods: string[];
  /** Methods of the JSON-RPC messages. */
  messages: (string | undefined)[];
  /** Forgets all sessions, as a restart does. */
  restart(): void;
}

export interface McpServerOptions {
  tools?: string[];
  /** How many tools a page holds. */
  page?: number;
  /** Answers with JSON instead of an event stream. */
  json?: boolean;
  token?: string;
  /** Added to what the server says of its tools. */
  about?: string;
  call?: (tool: string, input: unknown) => CallToolResult | Promise<CallToolResult>;
  /** Answers in place of the server. */
  intercept?: (body: { method?: string; id?: unknown }) => Response | undefined;
}

export const said = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });

/** An MCP server of the official SDK over HTTP, with sessions, until the test ends. */
export async function anMcpServer(options: McpServerOptions = {}): Promise<McpServerFixture> {
  const {
    tools = ['echo'],
    page = 1000,
    json = false,
    token,
    about = '',
    call = (tool) => said(`from ${tool}`),
  } = options;
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const calls: McpServerFixture['calls'] = [];
  const headers: Headers[] = [];
  const methods: string[] = [];
  const messages: McpServerFixture['messages'] = [];

  async function newSession() {
    const transport = new WebStandardStreamableHTTPServerTransport({
      enableJsonResponse: json,
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    const server = new Server({ name: 'fixture', version: '1' }, { capabilities: { tools: {} } });
    server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
      const from = Number(params?.cursor ?? 0);
      const listed = tools.slice(from, from + page);
      return {
        tools: listed.map((name) => ({
          name,
          description: `Does ${name}${about}`,
          inputSchema: { type: 'object' as const },
        })),
        ...(from + page < tools.length && { nextCursor: String(from + page) }),
      };
    });
    server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
      calls.push({ tool: params.name, input: params.arguments });
      return call(params.name, params.arguments);
    });
    await server.connect(transport);
    return transport;
  }

  const http = createServer(
    getRequestListener(async (request) => {
      headers.push(request.headers);
      methods.push(request.method);
      if (token !== undefined && request.headers.get('authorization') !== `Bearer ${token}`) {
        return new Response(`wrong token: ${request.headers.get('authorization')}`, { status: 401 });
      }
      const body = request.method === 'POST' ? ((await request.clone().json()) as { method?: string }) : {};
      if (request.method === 'POST') messages.push(body.method);
      const answer = options.intercept?.(body);
      if (answer !== undefined) return answer;
      const id = request.headers.get('mcp-session-id');
      const transport = id === null ? await newSession() : sessions.get(id);
      return transport?.handleRequest(request) ?? new Response('session not found', { status: 404 });
    }),
  );
  const port = await new Promise<number>((resolve) =>
    http.listen(0, '127.0.0.1', () => resolve((http.address() as AddressInfo).port)),
  );
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return { url: `http://127.0.0.1:${port}/mcp`, calls, headers, methods, messages, restart: () => sessions.clear() };
}

/** An address at which nobody listens. */
export const NOBODY = 'http://127.0.0.1:9/mcp';

const tools = (pod: PodFolders, name: string) => pod.paths.toHost(`/ipc/tools/${name}`);

/** Starts a bridge for these servers; it is stopped when the test ends. Its log's entries come with their fields. */
export async function aBridge(pod: PodFolders, servers: object[], env: Record<string, string> = {}) {
  await writeFile(pod.paths.toHost('/tmp/servers.yaml'), JSON.stringify({ servers }));
  const stop = new AbortController();
  const log = memoryLog();
  const lines: string[] = [];
  const keep = (hide: (text: string) => string) => (message: string, fields?: object) => {
    log.info(message);
    lines.push(hide(JSON.stringify({ message, ...fields })));
  };
  const ended = runBridge({
    config: loadBridgeConfig({ MCP_CONFIG_PATH: '/tmp/servers.yaml', ...env }),
    env,
    paths: pod.paths,
    stop: stop.signal,
    connectMs: 800,
    log: (hide) => ({ info: keep(hide), warn: keep(hide), error: keep(hide) }),
  });
  ended.catch(() => undefined);
  onTestFinished(() => {
    stop.abort();
    return ended.catch(() => undefined);
  });
  return { ended, lines, stop: () => stop.abort() };
}

/** What `mcp-discover` leaves for the agent. */
export async function discovered(pod: PodFolders, servers: object[], env: Record<string, string> = {}) {
  await (await aBridge(pod, servers, { ...env, MCP_DISCOVER_ONLY: 'true' })).ended;
  return (JSON.parse(await readFile(tools(pod, 'mcp-tools.json'), 'utf8')) as ToolManifest).tools;
}

let lastId = 0;

/** Writes a request as an agent does. */
export async function request(pod: PodFolders, call: object): Promise<string> {
  lastId += 1;
  const id = `r${lastId}`;
  await writeFileAtomic(tools(pod, `mcp-request-${id}.json`), JSON.stringify({ id, ...call }), {
    scratch: pod.paths.toHost('/ipc/.tmp'),
  });
  return id;
}

// What the bridge wrote has this shape; the tests check the fields.
export const resultOf = (pod: PodFolders, id: string) =>
  eventually(async () => (await readJsonIfComplete(tools(pod, `mcp-result-${id}.json`))) as McpResult | undefined);

export const call = async (pod: PodFolders, wanted: object) => resultOf(pod, await request(pod, wanted));
