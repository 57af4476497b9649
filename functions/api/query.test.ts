import { expect, it } from 'vitest';
import { namespaceOf, numberParameter, queryParameter } from './query.ts';

it.each([
  ['', 'default'],
  ['?namespace=', 'default'],
  ['?namespace=a', 'a'],
  ['?namespace=a&namespace=b', 'a'],
  ['?namespace=%zz', 'default'],
  ['?x=1&namespace=a-b', 'a-b'],
])('reads the namespace of %j as %s [API-009] [API-010]', (query, namespace) => {
  expect(namespaceOf(`http://api/api/v1/runs${query}`)).toBe(namespace);
});

it.each(['../x', 'A', 'a/b', 'x'.repeat(64)])('refuses %j as a namespace', (namespace) => {
  expect(() => namespaceOf(`http://api/?namespace=${encodeURIComponent(namespace)}`)).toThrow(
    '`namespace` must be a DNS label',
  );
});

it('decodes names and values, and keeps what follows an equals sign', () => {
  expect(queryParameter('http://api/?a%20b=c+d%3De=f', 'a b')).toBe('c d=e=f');
});

it('refuses a number that is none', () => {
  expect(numberParameter('http://api/?after=12', 'after')).toBe(12);
  expect(numberParameter('http://api/', 'after')).toBeUndefined();
  expect(() => numberParameter('http://api/?after=-1', 'after')).toThrow('`after` must be a whole number');
});
