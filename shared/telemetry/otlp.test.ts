import { describe, expect, it } from 'vitest';
import { keyValues, signalUrl } from './otlp.ts';

describe('the address of a collector', () => {
  it.each([
    ['collector:4317', 'http://collector:4318/v1/traces'],
    ['http://collector:4318', 'http://collector:4318/v1/traces'],
    ['https://otel.example/', 'https://otel.example/v1/traces'],
    ['https://otel.example/otlp', 'https://otel.example/otlp/v1/traces'],
    ['http://x:4318/v1/traces', 'http://x:4318/v1/traces'],
    ['http://x:4318/v1/metrics', 'http://x:4318/v1/traces'],
  ])('for traces is the right one when the endpoint is %s', (endpoint, url) => {
    expect(signalUrl(endpoint, 'traces')).toBe(url);
  });
});

describe('a list of keys and values', () => {
  it.each([
    [undefined, {}],
    ['', {}],
    ['a=1, b=2 ', { a: '1', b: '2' }],
    ['Authorization=Basic%20eA==', { Authorization: 'Basic eA==' }],
    ['a=100%', { a: '100%' }],
    ['nonsense,=x,a=,b=2', { b: '2' }],
  ])('has what can be read when it is %j', (text, expected) => {
    expect(keyValues(text)).toEqual(expected);
  });
});
