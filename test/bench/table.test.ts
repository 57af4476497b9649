import { expect, it } from 'vitest';
import { type Figure, isOver } from './figure.ts';
import { markdownTable, quantity } from './table.ts';

const figure = (some: Partial<Figure>): Figure => ({
  scenario: 'steady',
  name: 'create → Job p50',
  value: 12,
  unit: 'ms',
  from: '300 runs',
  ...some,
});

it('prints each limit beside its figure when there is one, and whether it holds', () => {
  const table = markdownTable([
    figure({ limit: 40 }),
    figure({ name: 'create → Job p99', value: 151, limit: 150 }),
    figure({ scenario: 'memory', name: 'relay', value: 61.234, unit: 'MB' }),
  ]);
  expect(table.split('\n')).toEqual([
    '| Scenario | Figure | Value | Limit |  | Measured from |',
    '| --- | --- | --- | --- | --- | --- |',
    '| steady | create → Job p50 | 12 ms | ≤ 40 ms | ok | 300 runs |',
    '|  | create → Job p99 | 151 ms | ≤ 150 ms | **over** | 300 runs |',
    '| memory | relay | 61.2 MB |  |  | 300 runs |',
  ]);
});

it('takes a figure as over its limit when nothing could be measured', () => {
  expect(isOver(figure({ value: Number.NaN, limit: 40 }))).toBe(true);
  expect(isOver(figure({ value: 40, limit: 40 }))).toBe(false);
});

it('rounds to three digits that count when a number has more', () => {
  expect(quantity(0.034_216, 's')).toBe('0.0342 s');
  expect(quantity(1160.4, 'kB')).toBe('1160 kB');
  expect(quantity(1000, '')).toBe('1000');
});

it('keeps the table whole when a text holds its delimiter', () => {
  expect(markdownTable([figure({ from: 'a|b' })])).toContain('a\\|b');
});
