import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { displacements, median, percentile } from './stats.ts';

it('takes the value at the nearest rank when asked for a percentile', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([7], 0.5)).toBe(7);
  expect(median([3, 1, 2])).toBe(2);
});

it('says that there is no value when nothing was measured', () => {
  expect(percentile([], 0.5)).toBeNaN();
});

it('is never passed by more than the rest when values are in any order', () => {
  const share = fc.double({ min: 0.01, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), share, (values, part) => {
      const limit = percentile(values, part);
      expect(values).toContain(limit);
      expect(values.filter((value) => value <= limit).length).toBeGreaterThanOrEqual(part * values.length - 1e-9);
    }),
  );
});

it('counts the places that an item moved when two orders differ', () => {
  expect(displacements(['a', 'b', 'c'], ['a', 'b', 'c'])).toEqual([0, 0, 0]);
  expect(displacements(['a', 'b', 'c'], ['c', 'a', 'b'])).toEqual([2, 1, 1]);
  expect(displacements(['a'], ['b', 'a'])).toEqual([1]);
});
