import type { Environment } from '../config/load.ts';
import { absorb, type Batch, emptyBatch, type Measurement, measure, metricsRequest } from './metrics.ts';
import { keyValues, type Origin, signalUrl } from './otlp.ts';
import { type SpanRecord, tracesRequest } from './spans.ts';

/**
 * Spans and metrics over OTLP/HTTP in JSON, for functions and pods: the SDK would multiply their bundles and their start-up
 * time for the few signals that they have.
 */
export interface OtlpSender {
  addSpan(span: SpanRecord): void;
  measure(measurement: Measurement): void;
  /** Whether there is something to send. */
  pending(): boolean;
  /**
   * Sends what there is. Rejects when the collector did not take it; then it is kept for the next time, unless the collector
   * refused it for good or may have taken it after all.
   */
  flush(signal: AbortSignal): Promise<void>;
}

export interface OtlpSenderOptions {
  endpoint: string;
  /** Sent along, such as a hosted collector's key. */
  headers?: Readonly<Record<string, string>>;
  origin: Origin;
  now?: () => number;
}

/** Spans kept while the collector is away; beyond, new ones are lost. */
const MAX_SPANS = 2048;
/** Statuses after which OTLP lets a client send again. */
const RETRYABLE = new Set([429, 502, 503, 504]);

/** The collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names, if any, and what is sent along. */
export function collectorOf(env: Environment): Pick<OtlpSenderOptions, 'endpoint' | 'headers'> | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint = '', OTEL_EXPORTER_OTLP_HEADERS: headers } = env;
  return endpoint.trim() === '' ? undefined : { endpoint: endpoint.trim(), headers: keyValues(headers) };
}

export function createOtlpSender({ endpoint, headers, origin, now = Date.now }: OtlpSenderOptions): OtlpSender {
  let spans: SpanRecord[] = [];
  let batch: Batch = emptyBatch(now());

  async function flushSpans(signal: AbortSignal): Promise<void> {
    if (spans.length === 0) return;
    const sent = spans;
    spans = [];
    const url = signalUrl(endpoint, 'traces');
    await post(url, tracesRequest(origin, sent), { headers, signal }).catch((error: unknown) => {
      if (isUntaken(error)) spans = sent.concat(spans).slice(0, MAX_SPANS);
      throw error;
    });
  }

  async function flushMetrics(signal: AbortSignal): Promise<void> {
    if (batch.series.size === 0) return;
    const sent = batch;
    batch = emptyBatch(now());
    const url = signalUrl(endpoint, 'metrics');
    await post(url, metricsRequest(origin, sent, batch.since), { headers, signal }).catch((error: unknown) => {
      if (isUntaken(error)) absorb(batch, sent);
      throw error;
    });
  }

  return {
    addSpan(span) {
      if (spans.length < MAX_SPANS) spans.push(span);
    },
    measure: (measurement) => measure(batch, measurement),
    pending: () => spans.length + batch.series.size > 0,
    async flush(signal) {
      await Promise.all([flushSpans(signal), flushMetrics(signal)]);
    },
  };
}

class CollectorError extends Error {
  override readonly name = 'CollectorError';
  readonly status: number;

  constructor(status: number) {
    super(`The collector answered HTTP ${status}`);
    this.status = status;
  }
}

/** A collector that was given up on may still take what it got: sending it again could count it twice. */
function isUntaken(error: unknown): boolean {
  if (error instanceof CollectorError) return RETRYABLE.has(error.status);
  return error instanceof TypeError;
}

/** `fetch` throws a TypeError when the connection failed, and the signal's reason when that fires. */
async function post(
  url: string,
  body: object,
  { headers, signal }: { headers: Readonly<Record<string, string>> | undefined; signal: AbortSignal },
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  await response.body?.cancel();
  if (!response.ok) throw new CollectorError(response.status);
}
