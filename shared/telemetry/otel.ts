import type { SpanContext } from '@opentelemetry/api';
import type { Environment } from '../config/load.ts';
import { signalUrl } from './otlp.ts';
import { collectorOf } from './otlp-sender.ts';
import { formatTraceparent, parseTraceparent } from './trace-context.ts';
import type { Tracer } from './tracer.ts';

export interface Tracing extends Tracer {
  /** Sends what is pending. */
  stop(): Promise<void>;
}

/**
 * The SDK, for processes that live long. Sends spans to `OTEL_EXPORTER_OTLP_ENDPOINT`; undefined when that is not set, and then nothing of OpenTelemetry is loaded,
 * because it costs memory and start-up time. Every other `OTEL_*` variable is the SDK's own.
 */
export async function startTracing(service: string, env: Environment): Promise<Tracing | undefined> {
  const collector = collectorOf(env);
  if (collector === undefined) return undefined;
  const [api, { NodeSDK }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api').then(namesOf),
    import('@opentelemetry/sdk-node').then(namesOf),
    import('@opentelemetry/exporter-trace-otlp-http').then(namesOf),
  ]);
  const url = signalUrl(collector.endpoint, 'traces');
  const { OTEL_SERVICE_NAME: serviceName = service } = env;
  const sdk = new NodeSDK({ serviceName, traceExporter: new OTLPTraceExporter({ url }), instrumentations: [] });
  sdk.start();
  const tracer = api.trace.getTracer('sympozium');
  return {
    startSpan(title, parent, attributes) {
      const remote = remoteContext(parent);
      const context =
        remote === undefined
          ? api.ROOT_CONTEXT
          : api.trace.setSpanContext(api.ROOT_CONTEXT, { ...remote, isRemote: true });
      const span = tracer.startSpan(title, { attributes }, context);
      return {
        traceparent: formatTraceparent({ ...span.spanContext(), flags: flagsOf(span.spanContext()) }),
        end(error) {
          if (error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: error });
          span.end();
        },
      };
    },
    stop: () => sdk.shutdown(),
  };
}

/** The exports of a CommonJS module, which a bundle cut into chunks has under `default` only. */
function namesOf<Module extends object>(module: Module & { default?: Module }): Module {
  return module.default ?? module;
}

function remoteContext(traceparent: string | undefined): SpanContext | undefined {
  const parsed = parseTraceparent(traceparent);
  if (parsed === undefined) return undefined;
  const { traceId, spanId, flags } = parsed;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

const flagsOf = ({ traceFlags }: SpanContext): string => traceFlags.toString(16).padStart(2, '0');
