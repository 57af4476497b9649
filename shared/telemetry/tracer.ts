import type { Attributes } from './otlp.ts';
import type { SpanRecord } from './spans.ts';
import { childContext, formatTraceparent, isSampled, parseTraceparent } from './trace-context.ts';

export interface Span {
  /** W3C trace context to hand on, so that what the callee does becomes part of this span. */
  traceparent: string;
  /** `error` is a constant word; none means that the work succeeded. */
  end(error?: string): void;
}

export interface Tracer {
  /** `parent` is a W3C trace context; without one, or with one that is not valid, a new trace begins. */
  startSpan(name: string, parent: string | undefined, attributes: Attributes): Span;
}

/** Spans that `add` gets when they end. */
export function createTracer(add: (span: SpanRecord) => void): Tracer {
  return {
    startSpan(name, parent, attributes) {
      const above = parseTraceparent(parent);
      const context = childContext(above);
      const startedAt = Date.now();
      return {
        traceparent: formatTraceparent(context),
        end(error) {
          if (!isSampled(context)) return;
          add({ name, context, parentSpanId: above?.spanId, startedAt, endedAt: Date.now(), attributes, error });
        },
      };
    },
  };
}
