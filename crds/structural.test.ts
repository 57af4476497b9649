import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { int64, list, listMap, mapOf, quantity, text } from './meta.ts';
import { toStructural } from './structural.ts';

/** An object with one field `a`, described as the gate demands. */
const withField = (a: z.ZodType) => z.object({ a: a.describe('a is a field.') });
const items = z.object({
  key: text().describe('key is a field.'),
  note: text().optional().describe('note is a field.'),
});

describe('toStructural', () => {
  it.each<{ when: string; field: z.ZodType; says: string }>([
    { when: 'a field is a union', field: z.union([text(), z.boolean()]), says: "spec.a: 'anyOf' is not structural" },
    {
      when: 'a field is a discriminated union',
      field: z.discriminatedUnion('t', [z.object({ t: z.literal('x') }), z.object({ t: z.literal('y') })]),
      says: "spec.a: 'oneOf' is not structural",
    },
    { when: 'a field may not be', field: z.never(), says: "spec.a: 'not' is not structural" },
    { when: 'a string has no bound', field: z.string(), says: 'spec.a: strings must have a maximum length' },
    { when: 'a list has no bound', field: z.array(text()), says: 'spec.a: lists must have a maximum size' },
    { when: 'a list is in a list', field: list(z.array(text())), says: 'spec.a[]: lists must have a maximum size' },
    { when: 'a list is a tuple', field: z.tuple([text(), text()]), says: "spec.a[]: 'anyOf' is not structural" },
    { when: 'a map has no bound', field: z.record(z.string(), text()), says: 'spec.a: maps must have a maximum size' },
    { when: 'the values of a map have no bound', field: mapOf(z.string()), says: 'spec.a{}: strings must have' },
    { when: 'an integer has no bound', field: z.int(), says: 'spec.a: integers must be z.int32() or int64()' },
    { when: 'a number is a float', field: z.number(), says: 'spec.a: must be an integer or a text' },
    { when: 'a value may be anything', field: z.unknown(), says: 'spec.a: type must be given' },
    { when: 'an object is loose', field: z.looseObject({}), says: 'spec.a: properties and additionalProperties' },
    { when: 'an object is strict', field: z.strictObject({}), says: 'spec.a: properties and additionalProperties' },
    { when: 'a pattern looks ahead', field: text().regex(/^(?!x)/), says: 'spec.a: pattern needs lookaround' },
    {
      when: 'a keyword is unknown',
      field: text().meta({ deprecated: true }),
      says: "spec.a: 'deprecated' is not structural",
    },
    { when: 'a format bounds nothing', field: z.string().meta({ format: 'uri' }), says: 'spec.a: strings must have' },
    {
      when: 'a default is too long',
      field: text(2).default('abc'),
      says: 'spec.a: default must fit length and pattern',
    },
    { when: 'a default is out of range', field: z.int32().min(1).default(0), says: 'spec.a: default must be within' },
    {
      when: 'the default of an object lacks a field',
      field: z.object({ b: text().describe('b is a field.') }).meta({ default: {} }),
      says: "spec.a: default must have 'b'",
    },
    {
      when: 'the default of an object has a field too many',
      field: z.object({}).meta({ default: { b: 1 } }),
      says: "spec.a: default has the unknown field 'b'",
    },
    {
      when: 'a default has the wrong type',
      field: z.boolean().meta({ default: 'yes' }),
      says: 'spec.a: default must be of',
    },
    {
      when: 'a default is no choice',
      field: z.enum(['x']).meta({ default: 'y' }),
      says: 'spec.a: default must be one of',
    },
    {
      when: 'the key of a list is optional',
      field: listMap(items, 'note'),
      says: "spec.a: key 'note' must be required",
    },
    { when: 'the key of a list does not exist', field: listMap(items, 'b'), says: "spec.a: key 'b' must be a scalar" },
    {
      when: 'a list of type map has no keys',
      field: list(items).meta({ 'x-kubernetes-list-type': 'map' }),
      says: 'spec.a: a list of type map must have',
    },
    {
      when: 'a set has objects',
      field: list(items).meta({ 'x-kubernetes-list-type': 'set' }),
      says: 'spec.a: items of a set must be scalars',
    },
    {
      when: 'a map type is on a text',
      field: text().meta({ 'x-kubernetes-map-type': 'atomic' }),
      says: 'spec.a: x-kubernetes-map-type',
    },
    {
      when: 'int-or-string is on another union',
      field: z.union([text(), z.boolean()]).meta({ 'x-kubernetes-int-or-string': true }),
      says: 'spec.a: x-kubernetes-int-or-string must be',
    },
  ])('refuses, naming the field, when $when', ({ field, says }) => {
    expect(() => toStructural(withField(field))).toThrow(says);
  });

  it('refuses a field when its description is missing or does not start with its name', () => {
    expect(() => toStructural(z.object({ a: text() }))).toThrow("spec.a: description must start with 'a '");
    expect(() => toStructural(z.object({ a: text().describe('Some text.') }))).toThrow('spec.a: description');
  });

  it('names the whole path when the field lies deep', () => {
    const deep = z.object({ b: list(z.object({ c: z.string().describe('c is a field.') })).describe('b is a field.') });
    expect(() => toStructural(withField(deep), 'Kind.spec')).toThrow('Kind.spec.a.b[].c: strings must have');
  });

  it('throws when a type has no JSON form or refers to itself', () => {
    type Tree = { children: Tree[] };
    const tree: z.ZodType<Tree> = z.object({ children: z.lazy(() => z.array(tree).max(2)) });
    expect(() => toStructural(withField(z.date()))).toThrow();
    expect(() => toStructural(withField(tree))).toThrow();
  });

  it('does not require a field when it has a default', () => {
    const schema = z.object({
      a: text().describe('a is a field.'),
      b: z.enum(['x', 'y']).default('y').describe('b is a field.'),
    });
    expect(toStructural(schema)).toMatchObject({ required: ['a'], properties: { b: { default: 'y' } } });
  });

  it('gives int-or-string without a type when it is a quantity', () => {
    const { properties } = toStructural(withField(quantity()));
    expect(properties?.['a']).toMatchObject({ 'x-kubernetes-int-or-string': true, maxLength: 64 });
    expect(properties?.['a']).not.toHaveProperty('type');
    expect(properties?.['a']).not.toHaveProperty('anyOf');
  });

  it('leaves out the bounds of JavaScript when an integer has 64 bits', () => {
    expect(toStructural(withField(int64().min(0))).properties?.['a']).toEqual({
      type: 'integer',
      format: 'int64',
      minimum: 0,
      description: 'a is a field.',
    });
  });

  it('keeps unknown fields without a schema for them when told so', () => {
    const open = z.looseObject({}).meta({ 'x-kubernetes-preserve-unknown-fields': true });
    expect(toStructural(withField(open)).properties?.['a']).toEqual({
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      description: 'a is a field.',
    });
  });
});
