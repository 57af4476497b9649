import { log } from '../../shared/telemetry/log.ts';

/** What a stream writes. The signal is aborted when its reader goes away, or when it has lasted as long as it may. */
export type Produce = (signal: AbortSignal) => AsyncIterable<string | Uint8Array>;

/** A HEAD request reads nothing, so nothing must be produced for it. */
const NOT_BEFORE_ASKED = { highWaterMark: 0 };

/** An answer that is written as it comes, for at most `seconds`. A failure on the way cuts it off; followers resume. */
export function streaming(request: Request, seconds: number, contentType: string, produce: Produce): Response {
  const over = new AbortController();
  const end = () => over.abort();
  const timer = setTimeout(end, seconds * 1000).unref();
  request.signal.addEventListener('abort', end, { once: true });
  const source = produce(over.signal)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await source.next();
          if (done !== true) return controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
          clearTimeout(timer);
          controller.close();
        } catch (error) {
          clearTimeout(timer);
          if (!over.signal.aborted) log('warn', 'Stream broke off', { error: String(error) });
          controller.error(error);
        }
      },
      cancel: end,
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
