import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';
import { fitResult } from './result.ts';
import { abbreviate, truncateUtf8 } from './text.ts';

const anyText = fc.string({ unit: 'grapheme', maxLength: 60 });

describe('truncating text', () => {
  it('keeps the longest whole prefix that fits', () => {
    fc.assert(
      fc.property(anyText, fc.nat(80), (text, limit) => {
        const cut = truncateUtf8(text, limit);
        expect(text.startsWith(cut)).toBe(true);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
        const next = String.fromCodePoint(text.codePointAt(cut.length) ?? 0);
        if (cut !== text) expect(Buffer.byteLength(cut + next)).toBeGreaterThan(limit);
      }),
    );
  });

  it('shows that something is missing only when something is', () => {
    expect(abbreviate('abcdef', 3)).toBe('abc...');
    expect(abbreviate('abc', 3)).toBe('abc');
  });
});

describe('a result that is too large', () => {
  it('is cut until its JSON fits, and flagged [RUN-W22]', () => {
    const result = fitResult({ response: '"\n'.repeat(100_000), status: 'success' }, 50_000);
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(50_000);
    expect(result).toMatchObject({ status: 'success', truncated: true });
    expect(result.response?.length).toBeGreaterThan(10_000);
  });

  it('is left alone when it fits', () => {
    expect(fitResult({ response: 'x' }, 50_000)).toEqual({ response: 'x' });
  });
});

describe('durations', () => {
  it.each([
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5s', 1500],
    ['90', 90_000],
    ['0', undefined],
    ['soon', undefined],
    ['-5s', undefined],
    ['', undefined],
  ])('reads %j as %s milliseconds', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it('prints them as Go does', () => {
    expect([600_000, 3_600_000, 1500, 200].map(formatDuration)).toEqual(['10m0s', '1h0m0s', '1.5s', '200ms']);
  });
});
