import { describe, expect, it } from 'vitest';
import { duration, valueAt } from './table.ts';

describe('duration', () => {
  it.each([
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [125, '2m5s'],
    [660, '11m'],
    [3 * 3600, '3h'],
    [3 * 3600 + 60, '3h1m'],
    [47 * 3600, '47h'],
    [3 * 86_400 + 3600, '3d1h'],
    [10 * 86_400, '10d'],
    [800 * 86_400, '2y70d'],
    [-5, '<invalid>'],
  ])('shows %i seconds as kubectl does', (seconds, expected) => {
    expect(duration(seconds)).toBe(expected);
  });
});

describe('valueAt', () => {
  const object = {
    spec: {
      list: [
        { name: 'a', v: 1 },
        { name: 'b', v: 2 },
      ],
    },
    metadata: { labels: { 'x.y/z': 'l' } },
  };

  it.each([
    ['.spec.list[1].v', 2],
    ['.spec.list[?(@.name=="b")].v', 2],
    [".metadata.labels['x.y/z']", 'l'],
    ['.spec.absent.more', undefined],
  ])('finds %s', (path, expected) => {
    expect(valueAt(object, path)).toBe(expected);
  });
});
