import { type Attributes, attributesOf, nanoseconds, type Origin } from './otlp.ts';
import type { TraceContext } from './trace-context.ts';

/** A span that has ended. Times in milliseconds since 1970. */
export interface SpanRecord {
  name: string;
  context: TraceContext;
  parentSpanId: string | undefined;
  startedAt: number;
  endedAt: number;
  attributes: Attributes;
  /** A constant word; none means that the work succeeded. */
  error?: string | undefined;
}

const KIND_INTERNAL = 1;
const STATUS_OK = 1;
const STATUS_ERROR = 2;

/** Body of `POST /v1/traces` (opentelemetry-proto, `trace.proto`). */
export function tracesRequest({ resource, scope }: Origin, spans: readonly SpanRecord[]): object {
  const scopeSpans = [{ scope: { name: scope }, spans: spans.map(spanOf) }];
  return { resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }] };
}

function spanOf({ name, context, parentSpanId, startedAt, endedAt, attributes, error }: SpanRecord): object {
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: KIND_INTERNAL,
    startTimeUnixNano: nanoseconds(startedAt),
    endTimeUnixNano: nanoseconds(endedAt),
    attributes: attributesOf(attributes),
    status: error === undefined ? { code: STATUS_OK } : { code: STATUS_ERROR, message: error },
  };
}
