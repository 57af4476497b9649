import { describe, expect, it } from 'vitest';
import { describeCauses } from './causes.ts';
import { validateCrdSchema } from './crd-schema.ts';
import { resourceSchema, SPEC } from './fixtures.ts';
import { componentName, toOpenApiV3, toOpenApiV3List } from './open-api.ts';
import type { JsonSchema, ValidationRule } from './types.ts';

function faults(spec: JsonSchema): string {
  const causes = validateCrdSchema(resourceSchema({ type: 'object', properties: { a: spec } }), 'R');
  return causes.length === 0 ? '' : describeCauses(causes).replaceAll('R.properties[spec].properties[a]', 'a');
}

function rule(rules: ValidationRule): JsonSchema {
  const properties: Record<string, JsonSchema> = {
    a: { type: 'integer' },
    s: { type: 'string' },
    'a-b': { type: 'string' },
    n: { type: 'number' },
    t: { type: 'string', format: 'date-time' },
    l: { type: 'array', items: { type: 'object', properties: { k: { type: 'string' } } } },
  };
  return { type: 'object', properties, 'x-kubernetes-validations': [rules] };
}

describe('the schema of a CustomResourceDefinition', () => {
  it('is accepted when it is structural', () => {
    expect(validateCrdSchema(resourceSchema(SPEC))).toEqual([]);
  });

  it.each<[string, JsonSchema, string]>([
    ['has no type', {}, 'a.type: Required value: must not be empty for specified object fields'],
    ['has a list without items', { type: 'array' }, 'a.items: Required value: must be specified'],
    [
      'has properties and free keys',
      { type: 'object', properties: {}, additionalProperties: { type: 'string' } },
      'a.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive',
    ],
    [
      'has a type in anyOf',
      { type: 'object', anyOf: [{ type: 'object' }] },
      'a.anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      'has a default in allOf',
      { type: 'object', allOf: [{ default: 1 }] },
      'a.allOf[0].default: Forbidden: must be undefined to be structural',
    ],
    [
      'has a default of the wrong type',
      { type: 'string', default: 1 },
      'a.default: Invalid value: "integer":  in body must be of type string: "integer"',
    ],
    [
      'has a default with unknown fields',
      { type: 'object', properties: {}, default: { zz: 1 } },
      'a.default: Invalid value: {"zz":1}: must not have unknown fields',
    ],
    [
      'has a pattern with look-ahead',
      { type: 'string', pattern: '^(?!x)' },
      `a.pattern: Invalid value: "^(?!x)": must be a valid regular expression, but isn't: error parsing regexp`,
    ],
    [
      'has a list of type map without keys',
      { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'object', properties: {} } },
      'a.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
    ],
    [
      'has an optional key',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['n'],
        items: { type: 'object', properties: { n: { type: 'string' } } },
      },
      'a.items.properties[n].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
    ],
    [
      'has a set of objects',
      { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } },
      'a.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set',
    ],
  ])('is refused when it %s', (_, spec, message) => {
    expect(faults(spec)).toBe(message);
  });

  it.each([
    'self.a > 1',
    'has(self.s) && self.s.size() < 5',
    'self.a__dash__b == "x"',
    'self.n > 1',
    'self.t > timestamp("2020-01-01T00:00:00Z")',
    'self.l.all(x, has(x.k) && x.k.startsWith("a"))',
    'self.a == oldSelf.a',
  ])('is accepted when it has the rule %s', (expression) => {
    expect(faults(rule({ rule: expression }))).toBe('');
  });

  it('is accepted when a rule looks into an optional old value', () => {
    const expression = 'oldSelf.hasValue() ? oldSelf.value().a == self.a : oldSelf.orValue(self).a < 3';
    expect(faults(rule({ rule: expression, optionalOldSelf: true }))).toBe('');
  });

  it.each<[ValidationRule, string]>([
    [{ rule: 'self.a >' }, 'compilation failed: ERROR: <input>:1:9: Syntax error'],
    [{ rule: 'self.zz > 1' }, "compilation failed: ERROR: <input>:1:5: undefined field 'zz'\n | self.zz > 1\n | ....^"],
    [{ rule: 'has(self.zz)' }, "undefined field 'zz'"],
    [{ rule: 'self.l.all(x, x.zz == "a")' }, "undefined field 'zz'"],
    [{ rule: 'self.a == "x"' }, "found no matching overload for '_==_' applied to '(int, string)'"],
    [{ rule: 'foo == 1' }, "undeclared reference to 'foo' (in container '')"],
    [{ rule: 'self.s.foo()' }, "undeclared reference to 'foo' (in container '')"],
    [{ rule: 'self.a' }, 'cel expression must evaluate to a bool'],
    [{ rule: '' }, 'rule is not specified'],
    [{ rule: 'self.a > 1', messageExpression: '1' }, 'messageExpression must evaluate to a string'],
    [{ rule: 'self.a > 1', fieldPath: '.zz' }, 'must be a valid path'],
    [{ rule: 'self.a > 1', optionalOldSelf: true }, 'may not be set if oldSelf is not used in rule'],
    [{ rule: 'self.a > 1', message: 'a\nb' }, 'must not contain line breaks'],
  ])('is refused when it has the rule %j', (broken, message) => {
    expect(faults(rule(broken))).toContain(message);
  });

  it('is refused when a rule asks for the old value of an item that has none', () => {
    const items: JsonSchema = { type: 'string', 'x-kubernetes-validations': [{ rule: 'oldSelf == self' }] };
    expect(faults({ type: 'array', items })).toContain(
      'oldSelf cannot be used on the uncorrelatable portion of the schema',
    );
  });
});

describe('the published schema', () => {
  const gvk = { group: 'test.io', version: 'v1', kind: 'Thing', plural: 'things' };

  it('has what every resource has, and its kind', () => {
    expect(componentName(gvk)).toBe('io.test.v1.Thing');
    expect(toOpenApiV3(resourceSchema(SPEC), gvk)).toMatchObject({
      type: 'object',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }] },
        spec: {
          properties: {
            ios: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
            emb: { required: ['kind', 'apiVersion'] },
          },
        },
      },
      'x-kubernetes-group-version-kind': [{ group: 'test.io', version: 'v1', kind: 'Thing' }],
    });
  });

  it('has a list of the kind', () => {
    expect(toOpenApiV3List(gvk)).toMatchObject({
      required: ['items'],
      properties: { items: { items: { $ref: '#/components/schemas/io.test.v1.Thing' } } },
    });
  });
});
