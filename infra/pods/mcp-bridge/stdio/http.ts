import type { HttpBindings } from '@hono/node-server';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { ErrorCode, McpError, type ServerCapabilities } from '@modelcontextprotocol/sdk/types.js';
import { Hono } from 'hono';
import { z } from 'zod';
import { underSignal } from '../request-signal.ts';
import type { Child } from './child.ts';

/**
 * Requests that mean the same whoever asks. All callers share one process, so none gets to change what others see: log levels,
 * subscriptions and the like stay unanswered [CTL-WM4].
 */
const FORWARDED = new Set([
  'tools/list',
  'tools/call',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'completion/complete',
]);

/** Callers have time-outs of their own, and a call ends when its caller goes; this is for those that never do. */
const LONGEST_CALL_MS = 3_600_000;

const anyResult = z.looseObject({});

/** `POST /` in MCP's streamable HTTP without sessions, and the probes. */
export function adapterApp(child: Child, name: string): Hono<{ Bindings: HttpBindings }> {
  const probe = (holds: () => boolean) => (holds() ? 200 : 503);
  return new Hono<{ Bindings: HttpBindings }>()
    .get('/healthz', ({ body }) => body(null, probe(child.alive)))
    .get('/readyz', ({ body }) =>
      body(
        null,
        probe(() => child.session() !== undefined),
      ),
    )
    .post('/', async ({ req, json, env }) => {
      const session = child.session();
      if (session === undefined) return json(unavailable(name), 503);
      const gone = new AbortController();
      env.outgoing.once('close', () => gone.abort());
      return forward(req.raw, session, gone.signal);
    })
    .all('/', ({ body }) => body(null, 405, { allow: 'POST' }));
}

const unavailable = (name: string) => ({
  jsonrpc: '2.0',
  id: null,
  error: { code: -32_000, message: `MCP server ${name} is not running; it is being started` },
});

/** Each request has a server object of its own, so that no answer can reach another's caller. `gone` fires when the caller has left. */
async function forward(request: Request, session: Client, gone: AbortSignal): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  const server = introducedAs(session);
  server.fallbackRequestHandler = async ({ method, params }, { signal }) => {
    if (!FORWARDED.has(method)) throw new McpError(ErrorCode.MethodNotFound, `${method} is not served over HTTP`);
    return underSignal(AbortSignal.any([signal, gone]), (current) =>
      session.request({ method, ...(params && { params }) }, anyResult, { timeout: LONGEST_CALL_MS, signal: current }),
    );
  };
  await server.connect(transport);
  const headers = new Headers(request.headers);
  // Clients of the original's adapter could leave these out.
  headers.set('accept', 'application/json, text/event-stream');
  headers.set('content-type', 'application/json');
  try {
    return await transport.handleRequest(new Request(request, { headers }));
  } finally {
    await server.close();
  }
}

/** A server that says of itself what the child says, as far as it is served. */
function introducedAs(session: Client): Server {
  const { tools, prompts, resources, completions } = session.getServerCapabilities() ?? {};
  const capabilities: ServerCapabilities = {
    ...(tools && { tools: {} }),
    ...(prompts && { prompts: {} }),
    ...(resources && { resources: {} }),
    ...(completions && { completions: {} }),
  };
  const instructions = session.getInstructions();
  return new Server(session.getServerVersion() ?? { name: 'mcp-server', version: '0' }, {
    capabilities,
    ...(instructions !== undefined && { instructions }),
  });
}
