import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConditionSchema, duration, mapOf, ObjectMetaSchema, quantity, text } from './meta.ts';

describe('duration', () => {
  it.each(['5m', '1h30m', '90s', '0', '1.5h', '.5s', '-1m', '300ms', '10µs'])('takes %s when Go does', (value) => {
    expect(duration().safeParse(value).success).toBe(true);
  });
  it.each(['', '5', 'm', '5 m', '1d', 'soon', '1h30'])('refuses "%s" when Go does', (value) => {
    expect(duration().safeParse(value).success).toBe(false);
  });
});

describe('quantity', () => {
  it.each(['500m', '1Gi', '0.5', '1e3', 2])('takes %s', (value) => {
    expect(quantity().safeParse(value).success).toBe(true);
  });
  it.each(['', 'much', '1 Gi'])('refuses "%s"', (value) => {
    expect(quantity().safeParse(value).success).toBe(false);
  });
});

describe('mapOf', () => {
  it('counts its entries when it is parsed', () => {
    expect(mapOf(text(), 1).safeParse({ a: '1' }).success).toBe(true);
    expect(mapOf(text(), 1).safeParse({ a: '1', b: '2' }).success).toBe(false);
  });
});

describe('ObjectMetaSchema', () => {
  it('keeps what it does not know and drops nulls when an object comes from a typed client', () => {
    const metadata = { name: 'a', creationTimestamp: null, managedFields: [{ manager: 'kubectl' }] };
    expect(ObjectMetaSchema.parse(metadata)).toEqual({ name: 'a', managedFields: [{ manager: 'kubectl' }] });
  });
  it('has an empty name when the API server is to make one', () => {
    expect(ObjectMetaSchema.parse({ generateName: 'a-' })).toEqual({ name: '', generateName: 'a-' });
  });
  it('refuses metadata when it is no object or mistyped', () => {
    expect(ObjectMetaSchema.safeParse('a').success).toBe(false);
    expect(ObjectMetaSchema.safeParse({ name: 'a', labels: { a: 1 } }).success).toBe(false);
  });
});

describe('ConditionSchema', () => {
  const condition = { type: 'Succeeded', status: 'True', reason: 'Succeeded', message: '', lastTransitionTime: 't' };
  it('wants a CamelCase reason and a known status when a condition is set', () => {
    expect(ConditionSchema.safeParse(condition).success).toBe(true);
    expect(ConditionSchema.safeParse({ ...condition, reason: '' }).success).toBe(false);
    expect(ConditionSchema.safeParse({ ...condition, reason: 'two words' }).success).toBe(false);
    expect(ConditionSchema.safeParse({ ...condition, status: 'Maybe' }).success).toBe(false);
  });
});

it.each(['labels', 'conditions', 'group'])(
  '%s.ts stays free of imports, so that constants cost nothing when bundled',
  (name) => {
    expect(readFileSync(new URL(`${name}.ts`, import.meta.url), 'utf8')).not.toMatch(/\bimport\b.*from/);
  },
);
