import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { type Capability, openToken } from '../../../shared/memory/capability.ts';
import { log } from '../../../shared/telemetry/log.ts';
import { readBody } from '../read-body.ts';
import type { Memory } from './memory.ts';
import { ThreadBusy } from './threads.ts';

/** Largest body: the largest entry, and room for how JSON writes it. */
const BODY_BYTES = 512 * 1024;
/** Largest entry, as JSON. Larger ones would not fit into what published agents read of an answer. */
const ENTRY_BYTES = 48 * 1024;
/** A body that trickles in must not hold a connection for long. */
const REQUEST_MS = 10_000;
const TOP_K = 5;
const LIMIT = 20;

/** A refusal in the words of the original where it has some. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const StoreSchema = z.object({ content: z.string().nullish(), tags: z.array(z.string()).nullish() });
const SearchSchema = z.object({ query: z.string().nullish(), top_k: z.int().nullish() });

type Handler = (request: IncomingMessage, url: URL, capability: Capability) => Promise<unknown>;

/**
 * The memory server's HTTP contract (API spec, 4.2) below `/memory/<token>`: `POST /store`, `POST /search`, `GET /list`,
 * `GET /health`. A token opens one owner's memory in one mode [API-W57]; whoever has none learns nothing. Content, queries and
 * tokens are never logged.
 */
export function createMemoryServer(memory: Memory, secrets: readonly string[]): Server {
  const handlers = handlersOf(memory);
  const server = createServer((request, response) => {
    void answer(request)
      .then((content) => reply(response, 200, { success: true, content }))
      .catch((thrown: unknown) => refuse(response, thrown));
  });
  server.requestTimeout = REQUEST_MS;
  return server;

  async function answer(request: IncomingMessage): Promise<unknown> {
    const url = new URL(request.url ?? '/', 'http://memory');
    const [, root, token = '', verb = '', ...rest] = url.pathname.split('/');
    const capability = root === 'memory' && rest.length === 0 ? openToken(secrets, token) : undefined;
    if (capability === undefined) throw new Refusal(404, 'there is no memory at this address');
    const route = handlers[verb];
    if (route === undefined) throw new Refusal(404, 'there is no such endpoint');
    if (request.method !== route.method) throw new Refusal(405, `${verb} takes ${route.method} only`);
    return route.handle(request, url, capability);
  }
}

function handlersOf(memory: Memory): Record<string, { method: string; handle: Handler }> {
  return {
    // The original answers the text alone.
    health: { method: 'GET', handle: async () => HEALTHY },
    store: {
      method: 'POST',
      async handle(request, _url, { owner, access }) {
        if (access !== 'read-write') throw new Refusal(403, 'this memory is read-only here');
        const { content, tags } = await bodyOf(request, StoreSchema);
        const text = content ?? '';
        if (text === '') throw new Refusal(400, "'content' is required");
        const entry = { content: text, tags: (tags ?? []).filter((tag) => tag !== '') };
        if (Buffer.byteLength(JSON.stringify(entry)) > ENTRY_BYTES) {
          throw new Refusal(413, `'content' and 'tags' must be at most ${ENTRY_BYTES} bytes`);
        }
        return attempt('store', () => memory.store(owner, entry));
      },
    },
    search: {
      method: 'POST',
      async handle(request, _url, { owner }) {
        const { query, top_k: topK } = await bodyOf(request, SearchSchema);
        const text = query ?? '';
        if (text === '') throw new Refusal(400, "'query' is required");
        return attempt('search', () => memory.search(owner, text, positive(topK ?? 0, TOP_K)));
      },
    },
    list: {
      method: 'GET',
      async handle(_request, { searchParams }, { owner }) {
        const limit = positive(Number(searchParams.get('limit')), LIMIT);
        const offset = positive(Number(searchParams.get('offset')), 0);
        return attempt('list', () => memory.list(owner, { tags: searchParams.get('tags') ?? '', limit, offset }));
      },
    },
  };
}

const HEALTHY = Symbol('ok');

const positive = (given: number, fallback: number): number =>
  Number.isSafeInteger(given) && given > 0 ? given : fallback;

async function attempt<Answer>(verb: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log('error', 'Could not serve a memory', { verb, error: message });
    throw new Refusal(error instanceof ThreadBusy ? 503 : 500, `${verb} failed: ${message}`);
  }
}

async function bodyOf<Schema extends z.ZodType>(request: IncomingMessage, schema: Schema): Promise<z.output<Schema>> {
  const body = await readBody(request, BODY_BYTES);
  if (body === undefined) throw new Refusal(413, `the body must be at most ${BODY_BYTES} bytes`);
  const parsed = schema.safeParse(parseJson(body.toString('utf8')));
  if (!parsed.success) throw new Refusal(400, 'invalid JSON body');
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, thrown: unknown): void {
  const known = thrown instanceof Refusal;
  const status = known ? thrown.status : 400;
  // What is left of a body that was refused is not read.
  if (status === 413) response.setHeader('connection', 'close');
  reply(response, status, { success: false, error: known ? thrown.message : 'the request could not be read' });
}

function reply(
  response: ServerResponse,
  status: number,
  body: { success: boolean; content?: unknown; error?: string },
) {
  const healthy = body.content === HEALTHY;
  const text = healthy ? 'ok' : `${JSON.stringify(body)}\n`;
  const headers = { 'content-type': healthy ? 'text/plain' : 'application/json' };
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
}
