import type { SpanContext } from '@opentelemetry/api';
import type { Environment } from '../config/load.ts';

export interface Span {
  /** W3C trace context to hand on, so that what the callee does becomes part of this span. */
  traceparent: string;
  /** `error` is a constant word; none means that the work succeeded. */
  end(error?: string): void;
}

export interface Tracing {
  startSpan(name: string, parent: string | undefined, attributes: Record<string, string>): Span;
  /** Sends what is pending. */
  stop(): Promise<void>;
}

/**
 * Sends spans to `OTEL_EXPORTER_OTLP_ENDPOINT`; undefined when that is not set, and then nothing of OpenTelemetry is loaded,
 * because it costs memory and start-up time. Every other `OTEL_*` variable is the SDK's own.
 */
export async function startTracing(service: string, env: Environment): Promise<Tracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: name = service } = env;
  if (endpoint === undefined || endpoint.trim() === '') return undefined;
  const [api, { NodeSDK }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const sdk = new NodeSDK({ serviceName: name, traceExporter: new OTLPTraceExporter(), instrumentations: [] });
  sdk.start();
  const tracer = api.trace.getTracer('sympozium');
  return {
    startSpan(title, parent, attributes) {
      const remote = parent === undefined ? undefined : parseTraceparent(parent);
      const context =
        remote === undefined
          ? api.ROOT_CONTEXT
          : api.trace.setSpanContext(api.ROOT_CONTEXT, { ...remote, isRemote: true });
      const span = tracer.startSpan(title, { attributes }, context);
      return {
        traceparent: formatTraceparent(span.spanContext()),
        end(error) {
          if (error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: error });
          span.end();
        },
      };
    },
    stop: () => sdk.shutdown(),
  };
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function parseTraceparent(value: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(value) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
