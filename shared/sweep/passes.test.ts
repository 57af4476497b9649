import { describe, expect, it } from 'vitest';
import { share } from './passes.ts';

describe('share', () => {
  it('gives every item its turn when there are more than one tick can take', () => {
    const items = Array.from({ length: 25 }, (_, index) => index);
    const ticks = Array.from({ length: 5 }, (_, minute) => share(items, 10, new Date(minute * 60_000)));
    expect(ticks.every((tick) => tick.length === 10)).toBe(true);
    expect(new Set(ticks.flat()).size).toBe(25);
  });
});
