import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';

const JSON_TYPE = 'application/json';
const EVENTS_TYPE = 'text/event-stream';

type Chunks = AsyncGenerator<Uint8Array, void>;

/**
 * `fetch` for the SDK's transport, for servers as they are:
 * - An answer of more than `maxBytes` fails the call [CTL-134].
 * - An event stream that breaks off fails the call too, at once; the SDK alone would wait for its time-out.
 * - A missing or wrong content type is replaced by what the body looks like, as the original's client did.
 * - The stream for messages that answer no request is not opened: nobody would read them.
 */
export function boundedFetch(maxBytes: number): FetchLike {
  return async (url, init = {}) => {
    const resumes = new Headers(init.headers).has('last-event-id');
    if ((init.method ?? 'GET') === 'GET' && !resumes) return new Response(null, { status: 405 });
    const response = await fetch(url, init);
    if (response.body === null) return response;
    const chunks = atMost(maxBytes, response.body);
    if (response.status !== 200) return withBody(response, chunks);
    const first = await chunks.next();
    const body = startingWith(first, chunks);
    const type = mediaType(response.headers, first.value ?? new Uint8Array());
    const id = requestId(init.body);
    return withBody(response, type === EVENTS_TYPE && id !== undefined ? answering(id, body) : body, type);
  };
}

async function* atMost(maxBytes: number, body: ReadableStream<Uint8Array>): Chunks {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    yield chunk;
  }
}

async function* startingWith(first: IteratorResult<Uint8Array, void>, others: Chunks): Chunks {
  if (first.done) return;
  yield first.value;
  yield* others;
}

/**
 * Adds an error as the last event, which counts only when nothing has answered before. A stream whose events have ids can be
 * resumed after its end, and is left as it is.
 */
async function* answering(id: string | number, chunks: Chunks): Chunks {
  let resumable = false;
  let error = 'the server ended its answer early';
  try {
    for await (const chunk of chunks) {
      resumable ||= /^id:/m.test(new TextDecoder().decode(chunk));
      yield chunk;
    }
    if (resumable) return;
  } catch (broken) {
    error = broken instanceof Error ? broken.message : String(broken);
  }
  const answer = { jsonrpc: '2.0', id, error: { code: -32_000, message: error } };
  yield new TextEncoder().encode(`\n\nevent: message\ndata: ${JSON.stringify(answer)}\n\n`);
}

function withBody(response: Response, chunks: Chunks, contentType?: string): Response {
  const headers = new Headers(response.headers);
  if (contentType !== undefined) headers.set('content-type', contentType);
  return new Response(ReadableStream.from(chunks) as ReadableStream<Uint8Array>, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}

function mediaType(headers: Headers, beginning: Uint8Array): string {
  const declared = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (declared === JSON_TYPE || declared === EVENTS_TYPE) return declared;
  return /^\s*[[{]/.test(new TextDecoder().decode(beginning)) ? JSON_TYPE : EVENTS_TYPE;
}

/** The id of the JSON-RPC request in a body; undefined for a notification or a response. */
function requestId(body: unknown): string | number | undefined {
  if (typeof body !== 'string') return undefined;
  const { id, method } = JSON.parse(body) as { id?: string | number; method?: string };
  return method === undefined ? undefined : id;
}
