import { describe, expect, it } from 'vitest';
import { goDuration, parseGoDuration } from './go-duration.ts';

describe('parseGoDuration', () => {
  it.each([
    ['5m', 300],
    ['1h30m', 5400],
    ['5m0s', 300],
    ['8s', 8],
    ['1.5h', 5400],
    ['.5m', 30],
    ['250ms', 0.25],
    ['-2m', -120],
    ['0', 0],
  ])('reads %s as %d seconds', (text, seconds) => {
    expect(parseGoDuration(text)).toBeCloseTo(seconds, 9);
  });

  it.each(['', '5', '5 m', 'm', 'soon', '5x'])('refuses %j', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });

  it('reads back what goDuration writes', () => {
    expect(parseGoDuration(goDuration(1800))).toBe(1800);
  });
});
