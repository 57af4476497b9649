import { describe, expect, it } from 'vitest';
import { describeCauses } from './causes.ts';
import { celError, evaluateCel } from './cel-expression.ts';
import { compileSchema } from './compile.ts';
import { resource, resourceSchema } from './fixtures.ts';
import type { JsonSchema, ValidationRule } from './types.ts';

const PROPERTIES: Readonly<Record<string, JsonSchema>> = {
  a: { type: 'integer' },
  b: { type: 'integer' },
  n: { type: 'number' },
  s: { type: 'string' },
  'x-y': { type: 'string' },
  l: { type: 'array', items: { type: 'string' } },
  m: { type: 'object', additionalProperties: { type: 'integer' } },
  t: { type: 'string', format: 'date-time' },
  d: { type: 'string', format: 'duration' },
  ios: { 'x-kubernetes-int-or-string': true },
};

function withRules(...rules: readonly ValidationRule[]) {
  const spec: JsonSchema = {
    type: 'object',
    required: ['a'],
    properties: PROPERTIES,
    'x-kubernetes-validations': rules,
  };
  return compileSchema(resourceSchema(spec));
}

function verdict(rule: ValidationRule, spec: unknown, old?: unknown): string {
  const causes = withRules(rule).validate(resource(spec), old === undefined ? undefined : resource(old));
  return causes.length === 0 ? '' : describeCauses(causes);
}

describe('rules of a schema', () => {
  it.each([
    ['self.a <= self.b', { a: 1, b: 2 }],
    ['self.n > 1 && self.n < 2.5', { a: 1, n: 2 }],
    ['self.x__dash__y == "q"', { a: 1, 'x-y': 'q' }],
    ['self.l.all(x, x.startsWith("a")) && self.l.isSorted()', { a: 1, l: ['a', 'ab'] }],
    ['self.m.all(k, self.m[k] > 0) && "k" in self.m', { a: 1, m: { k: 1 } }],
    ['self.t > timestamp("2020-01-01T00:00:00Z")', { a: 1, t: '2021-01-01T00:00:00Z' }],
    ['self.d > duration("30m")', { a: 1, d: '1h' }],
    ['self.ios == "5%" || self.ios == 5', { a: 1, ios: 5 }],
    ['quantity(self.s).isLessThan(quantity("1Gi")) && isQuantity(self.s)', { a: 1, s: '500Mi' }],
    ['quantity(self.s).add(quantity("1")).compareTo(quantity("1500m")) == 0', { a: 1, s: '0.5' }],
    ['self.s.find("[0-9]+") == "12" && self.s.replace("12", "x") == "ax"', { a: 1, s: 'a12' }],
    ['"%s-%d".format([self.s, self.a]) == "q-1"', { a: 1, s: 'q' }],
    ['self.l.indexOf("b") == 1 && sets.contains(self.l, ["a"])', { a: 1, l: ['a', 'b'] }],
    ['[self.a, 5].max() == 5 && [1, 2].sum() == 3', { a: 1 }],
    ['"%s %s".format([self.l, {"k": 1}]) == "[\\"a\\", \\"b\\"] {\\"k\\": 1}"', { a: 1, l: ['a', 'b'] }],
    ['self.s.replace("a", "x", 1) == "xba" && self.s.charAt(1) == "b"', { a: 1, s: 'aba' }],
    ['url(self.s).getHost() == "x.io:80" && url(self.s).getPort() == "80"', { a: 1, s: 'http://x.io:80/y' }],
    ['cidr("10.0.0.0/8").containsIP(self.s) && ip(self.s).family() == 4', { a: 1, s: '10.1.1.1' }],
    ['isURL(self.s) && !isIP(self.s)', { a: 1, s: 'https://x/y' }],
  ])('holds when %s', (rule, spec) => {
    expect(verdict({ rule }, spec)).toBe('');
  });

  it.each<[string, ValidationRule, string]>([
    ['nothing', { rule: 'self.a < 1' }, 'spec: Invalid value: "object": failed rule: self.a < 1'],
    ['a message', { rule: 'self.a < 1', message: 'a is big' }, 'spec: Invalid value: "object": a is big'],
    [
      'an expression',
      { rule: 'self.a < 1', messageExpression: '"a is " + string(self.a)' },
      'spec: Invalid value: "object": a is 5',
    ],
    [
      'a broken expression',
      { rule: 'self.a < 1', messageExpression: 'self.s', message: 'm' },
      'spec: Invalid value: "object": m',
    ],
    ['a field', { rule: 'self.a < 1', message: 'm', fieldPath: '.a' }, 'spec.a: Invalid value: "object": m'],
    ['a reason', { rule: 'self.a < 1', message: 'm', reason: 'FieldValueForbidden' }, 'spec: Forbidden: m'],
    [
      'a look-up that fails',
      { rule: 'self.b < 1', message: 'm' },
      'spec: Invalid value: "object": no such key: b evaluating rule: m',
    ],
  ])('says why a rule failed when it has %s', (_, rule, message) => {
    expect(verdict(rule, { a: 5 })).toBe(message);
  });

  it('compares with the old value when there is one', () => {
    const rule = { rule: 'self.a == oldSelf.a', message: 'a is immutable' };
    expect(verdict(rule, { a: 1 })).toBe('');
    expect(verdict(rule, { a: 1 }, { a: 1 })).toBe('');
    expect(verdict(rule, { a: 2 }, { a: 1 })).toBe('spec: Invalid value: "object": a is immutable');
  });

  it('runs for a new value too when the old one is optional', () => {
    const rule = {
      rule: 'oldSelf.hasValue() ? oldSelf.value().a == self.a : self.a < 3',
      message: 'm',
      optionalOldSelf: true,
    };
    expect(verdict(rule, { a: 5 })).toBe('spec: Invalid value: "object": m');
    expect(verdict(rule, { a: 2 })).toBe('');
    expect(verdict(rule, { a: 5 }, { a: 5 })).toBe('');
  });

  it('does not judge again what an update leaves as it was', () => {
    const rule = { rule: 'self.a < 3' };
    expect(verdict(rule, { a: 5 }, { a: 5 })).toBe('');
    expect(verdict(rule, { a: 5, b: 1 }, { a: 5 })).toBe('spec: Invalid value: "object": failed rule: self.a < 3');
  });

  it('is not run when the object is not what the schema says', () => {
    const causes = withRules({ rule: 'self.a < 3' }).validate(resource({ a: 'x' }));
    expect(causes.map(({ field }) => field)).toEqual(['spec.a', '<nil>']);
  });

  it('sees of metadata the name when it stands at the root', () => {
    const root = compileSchema({
      type: 'object',
      'x-kubernetes-validations': [{ rule: 'self.metadata.name != "thing"', message: 'no' }],
    });
    expect(describeCauses(root.validate(resource({})))).toBe('<nil>: Invalid value: "object": no');
  });
});

describe('expressions outside of a schema', () => {
  it('are evaluated with JSON variables', () => {
    const variables = { object: { metadata: { labels: { a: 'x' } }, spec: { n: 2 } }, oldObject: null };
    expect(
      evaluateCel('object.metadata.labels["a"] == "x" && object.spec.n > 1 && oldObject == null', variables),
    ).toEqual({ value: true });
  });

  it('give an error when a look-up fails or they do not compile', () => {
    expect(evaluateCel('object.spec.zz == 1', { object: { spec: {} } })).toEqual({ error: 'no such key: zz' });
    expect(celError('object.', ['object'])).toContain('Syntax error');
    expect(celError('foo == 1', ['object'])).toBe(
      "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo == 1\n | ^",
    );
    expect(celError('object.a == 1', ['object'])).toBeUndefined();
  });
});
