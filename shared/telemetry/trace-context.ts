import { randomBytes } from 'node:crypto';

/** A span's place in a trace, as `traceparent` carries it (W3C Trace Context, level 1). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** 2 hexadecimal digits. */
  flags: string;
}

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

/** Undefined for none, and for what is not valid, which must be treated as none. */
export function parseTraceparent(value: string | undefined): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', more] = PATTERN.exec(value ?? '') ?? [];
  // Later versions may add fields, this one has no more.
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined;
  return { traceId, spanId, flags };
}

export const formatTraceparent = ({ traceId, spanId, flags }: TraceContext): string =>
  `00-${traceId}-${spanId}-${flags}`;

/** A new span's context: in the trace of `parent`, or else in a new one that is sampled. */
export function childContext(parent: TraceContext | undefined): TraceContext {
  const spanId = randomBytes(8).toString('hex');
  return { traceId: parent?.traceId ?? randomBytes(16).toString('hex'), spanId, flags: parent?.flags ?? '01' };
}

/** The same on texts: `traceparent` of a new span below `parent`, whether or not that is a valid one. */
export const nextTraceparent = (parent: string | undefined): string =>
  formatTraceparent(childContext(parseTraceparent(parent)));

/** Whether whoever began the trace wants it recorded. */
export const isSampled = ({ flags }: TraceContext): boolean => (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED;
