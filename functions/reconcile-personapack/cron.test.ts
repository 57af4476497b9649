import { describe, expect, it } from 'vitest';
import { cronOf } from './cron.ts';

describe('cronOf', () => {
  it.each([
    ['1m', 3, '* * * * *'],
    ['5min', 3, '1/5 * * * *'],
    ['10m', 6, '2/10 * * * *'],
    ['15m', 1, '2/15 * * * *'],
    [' 30M ', 0, '0/30 * * * *'],
    ['1h', 2, '4 * * * *'],
    ['60m', 31, '2 * * * *'],
    ['6h', 2, '4 */6 * * *'],
    ['24h', 1, '2 0 * * *'],
    ['1d', 1, '2 0 * * *'],
    ['', 1, '2 * * * *'],
    ['*/7 8 * * *', 1, '*/7 8 * * *'],
  ])('tells %o of persona %i as %o, as the original does [CTL-075] [CTL-076]', (interval, index, expression) => {
    expect(cronOf(interval, index)).toEqual({ expression });
  });

  it.each([
    ['2m', { expression: '0/2 * * * *' }],
    ['8h', { expression: '2 */8 * * *' }],
    ['45m', { expression: '2 * * * *', rounded: '1h' }],
    ['7m', { expression: '2/10 * * * *', rounded: '10m' }],
    ['soon', undefined],
    ['2d', undefined],
    ['0m', undefined],
  ])('makes of %o what cron can say, and tells when that is not the same [CTL-077] [CTL-WP8]', (interval, cron) => {
    expect(cronOf(interval, 1)).toEqual(cron);
  });
});
