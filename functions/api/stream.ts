/** Where a stream's signal is aborted: its reader went away, or it has lasted as long as it may. */
export type Produce = (signal: AbortSignal) => AsyncIterable<string | Uint8Array>;

/** A HEAD request reads nothing, so nothing must be produced for it. */
const NOT_BEFORE_ASKED = { highWaterMark: 0 };

/** An answer that is written as it comes, for at most `seconds`; what is sent after an error is sent whole. */
export function streaming(request: Request, seconds: number, contentType: string, produce: Produce): Response {
  const gone = new AbortController();
  const timeout = AbortSignal.timeout(seconds * 1000);
  const source = produce(AbortSignal.any([request.signal, gone.signal, timeout]))[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.next();
        if (done === true) controller.close();
        else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
      },
      cancel() {
        gone.abort();
      },
    },
    NOT_BEFORE_ASKED,
  );
  return new Response(body, {
    headers: { 'content-type': contentType, 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}

/** One event of an event stream (WHATWG HTML, server-sent events). The data is JSON, so it has no line breaks. */
export function serverSentEvent(event: { event: string; id?: number; data: unknown }): string {
  const id = event.id === undefined ? '' : `id: ${event.id}\n`;
  return `${id}event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
}

/** A comment: keeps the connection open and means nothing. */
export const KEEP_ALIVE = ': still here\n\n';
