import { describe, expect, it } from 'vitest';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';

describe('parseLabelSelector', () => {
  const labels = { app: 'web', tier: 'front', 'example.com/on': '' };

  it.each([
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app=other', false],
    ['app!=other', true],
    ['absent!=x', true],
    ['app in (web, api)', true],
    ['app notin (web)', false],
    ['absent notin (x)', true],
    ['example.com/on', true],
    ['!absent', true],
    ['! app', false],
    ['app in (web),!absent,tier', true],
  ])('decides %s when asked', (selector, expected) => {
    expect(parseLabelSelector(selector)?.(labels)).toBe(expected);
  });

  it.each(['a=b=c', '=a', 'a in (b', 'a,', 'a in b'])('refuses %s when it is no selector', (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow(expect.objectContaining({ code: 400 }));
  });

  it('selects everything when it is empty', () => {
    expect(parseLabelSelector('')).toBeUndefined();
  });
});

describe('parseFieldSelector', () => {
  const offered = ({ metadata }: { metadata: { name?: string } }) => ({ 'metadata.name': metadata.name ?? '' });
  const object = { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'a' } };

  it('compares the fields that the kind offers', () => {
    expect(parseFieldSelector('metadata.name=a', offered)?.(object)).toBe(true);
    expect(parseFieldSelector('metadata.name!=a', offered)?.(object)).toBe(false);
  });

  it('refuses a field that the kind does not offer', () => {
    expect(() => parseFieldSelector('spec.x=1', offered)).toThrow('field label not supported: spec.x');
  });
});
