import { describe, expect, it } from 'vitest';
import { isSampled, nextTraceparent, parseTraceparent } from './trace-context.ts';

const TRACE = 'a'.repeat(32);
const SPAN = 'b'.repeat(16);

describe('a trace context', () => {
  it('stays in its trace, with a span of its own, when it has a parent', () => {
    const next = nextTraceparent(`00-${TRACE}-${SPAN}-00`);
    expect(next).toMatch(new RegExp(`^00-${TRACE}-(?!${SPAN})[0-9a-f]{16}-00$`));
  });

  it.each([
    ['none', undefined],
    ['blank', ''],
    ['nonsense', 'hello'],
    ['an all-zero trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['an all-zero span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['in capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['of the version that never is', `ff-${TRACE}-${SPAN}-01`],
    ['longer than its version', `00-${TRACE}-${SPAN}-01-more`],
  ])('begins a sampled trace of its own when the parent is %s', (_what, parent) => {
    expect(parseTraceparent(parent)).toBeUndefined();
    expect(nextTraceparent(parent)).toMatch(/^00-(?!0{32})(?!a{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('is read when a later version has more fields', () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01-more`)).toEqual({ traceId: TRACE, spanId: SPAN, flags: '01' });
  });

  it.each([
    ['01', true],
    ['00', false],
    ['03', true],
    ['fe', false],
  ])('is sampled by the last bit when the flags are %s', (flags, sampled) => {
    expect(isSampled({ traceId: TRACE, spanId: SPAN, flags })).toBe(sampled);
  });
});
