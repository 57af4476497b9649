import { describe, expect, it } from 'vitest';
import { covers, isApplied, isSame, marked } from './applied.ts';
import type { KubeObject } from './objects.ts';

const anObject = (data: Record<string, string>): KubeObject & { data: object } => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'one', labels: { ours: 'a' } },
  data,
});

describe('isApplied', () => {
  const desired = marked(anObject({ a: '1' }));

  it('holds when others added fields', () => {
    const metadata = { ...desired.metadata, labels: { ours: 'a', theirs: 'b' }, uid: 'u' };
    expect(isApplied({ ...desired, metadata, data: { a: '1', b: '2' } } as KubeObject, desired)).toBe(true);
  });

  it('holds for an item of a list, which has no kind', () => {
    const { metadata, data } = desired;
    expect(isApplied({ metadata, data } as unknown as KubeObject, desired)).toBe(true);
  });

  it('does not hold when others changed a field, or it was built with more before', () => {
    expect(isApplied({ ...desired, data: { a: '9' } } as KubeObject, desired)).toBe(false);
    expect(isApplied(marked(anObject({ a: '1', gone: 'x' })), desired)).toBe(false);
  });
});

describe('covers', () => {
  it('takes what is empty for absent, and compares lists whole', () => {
    expect(covers({}, { a: {}, b: [] })).toBe(true);
    expect(covers({ a: [1, 2] }, { a: [1] })).toBe(false);
    expect(covers({ a: [{ n: 1, m: 2 }] }, { a: [{ n: 1 }] })).toBe(true);
    expect(covers({ a: 'x' }, { a: { b: 1 } })).toBe(false);
  });
});

describe('isSame', () => {
  it('ignores the order of keys and absent members only', () => {
    expect(isSame({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(isSame({ a: 1, b: 2 }, { a: 1 })).toBe(false);
  });
});
