import { randomBytes } from 'node:crypto';

/**
 * Spans over OTLP/HTTP in JSON. The SDK would quadruple the runner's bundle and double its start-up for the few spans that a
 * run has.
 */
export interface Tracer {
  /** @param parent W3C trace context; one that can't be read starts a trace of its own. */
  startSpan(name: string, parent: string, attributes: Record<string, string>): Span;
  /** Sends the spans that have ended. Rejects when the collector does not take them. */
  flush(signal: AbortSignal): Promise<void>;
}

export interface Span {
  traceparent: string;
  /** `error` is a constant word; none means that the work succeeded. */
  end(error?: string): void;
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: OtlpAttribute[];
  status: { code: number; message?: string };
}

interface OtlpAttribute {
  key: string;
  value: { stringValue: string };
}

const INTERNAL = 1;
const OK = 1;
const ERROR = 2;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;

/** @param resource attributes of what sends the spans, with `service.name`. */
export function createTracer(endpoint: string, resource: Record<string, string>): Tracer {
  const ended: OtlpSpan[] = [];
  return {
    startSpan(name, parent, attributes) {
      const [, traceId = randomBytes(16).toString('hex'), parentSpanId, flags = '01'] = TRACEPARENT.exec(parent) ?? [];
      const spanId = randomBytes(8).toString('hex');
      const startTimeUnixNano = nowNano();
      return {
        traceparent: `00-${traceId}-${spanId}-${flags}`,
        end(error) {
          ended.push({
            traceId,
            spanId,
            ...(parentSpanId && { parentSpanId }),
            name,
            kind: INTERNAL,
            startTimeUnixNano,
            endTimeUnixNano: nowNano(),
            attributes: otlpAttributes(attributes),
            status: error === undefined ? { code: OK } : { code: ERROR, message: error },
          });
        },
      };
    },
    async flush(signal) {
      const spans = ended.splice(0);
      if (spans.length === 0) return;
      const scopeSpans = [{ scope: { name: 'sympozium/agent-runner' }, spans }];
      const body = JSON.stringify({
        resourceSpans: [{ resource: { attributes: otlpAttributes(resource) }, scopeSpans }],
      });
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(tracesUrl(endpoint), { method: 'POST', headers, body, signal });
      await reply.body?.cancel();
      if (!reply.ok) throw new Error(`The collector answered HTTP ${reply.status}`);
    },
  };
}

/** The original speaks gRPC, whose port is 4317; collectors take HTTP on 4318. */
export function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint.includes('://') ? endpoint : `http://${endpoint}`);
  if (url.port === '4317') url.port = '4318';
  const base = url.toString().replace(/\/+$/, '');
  return base.endsWith('/v1/traces') ? base : `${base}/v1/traces`;
}

const nowNano = () => `${BigInt(Date.now()) * 1_000_000n}`;

const otlpAttributes = (attributes: Record<string, string>): OtlpAttribute[] =>
  Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
