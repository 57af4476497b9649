import { randomBytes } from 'node:crypto';

const PATTERN = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;
const NO_TRACE = '0'.repeat(32);

/** A W3C `traceparent` with a new span: of the trace of `parent` when that is a valid one, else of a new trace. */
export function nextTraceparent(parent?: string): string {
  const [, trace, flags] = (parent === undefined ? undefined : PATTERN.exec(parent)) ?? [];
  const valid = trace !== undefined && trace !== NO_TRACE;
  const span = randomBytes(8).toString('hex');
  return valid ? `00-${trace}-${span}-${flags ?? '01'}` : `00-${randomBytes(16).toString('hex')}-${span}-01`;
}
