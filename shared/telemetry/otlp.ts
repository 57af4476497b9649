/** What traces and metrics have in common in OTLP's JSON (opentelemetry-proto, `common.proto` and `resource.proto`). Pure. */

export type Attributes = Readonly<Record<string, string | number>>;

/** Who measures: the attributes of the process, and the name of its instrumentation. */
export interface Origin {
  resource: Attributes;
  scope: string;
}

export function attributesOf(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number): object {
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Milliseconds since 1970 as OTLP's nanoseconds, which JSON carries as text. */
export const nanoseconds = (ms: number): string => `${BigInt(Math.round(ms)) * 1_000_000n}`;

/** The original speaks gRPC, whose port is 4317 and whose endpoint needs no scheme; collectors take HTTP on 4318. */
export function signalUrl(endpoint: string, signal: 'traces' | 'metrics'): string {
  const url = new URL(endpoint.includes('://') ? endpoint : `http://${endpoint}`);
  if (url.port === '4317') url.port = '4318';
  const base = url.toString().replace(/\/+$/, '');
  return `${base.replace(/\/v1\/(traces|metrics)$/, '')}/v1/${signal}`;
}

/** `key=value,key=value` with percent-encoding, as `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_EXPORTER_OTLP_HEADERS` have it. */
export function keyValues(text: string | undefined): Record<string, string> {
  const pairs = (text ?? '').split(',').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, Math.max(at, 0)).trim(), decoded(pair.slice(at + 1).trim())] as const;
  });
  return Object.fromEntries(pairs.filter(([key, value]) => key !== '' && value !== ''));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Whoever wrote a bare `%` meant it.
    return text;
  }
}
