import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeCauses } from './causes.ts';
import { compileSchema } from './compile.ts';
import { resource, resourceSchema, SPEC } from './fixtures.ts';

const schema = compileSchema(resourceSchema(SPEC));

describe('pruning', () => {
  it('leaves out what the schema does not know and says where it was', () => {
    const object = {
      ...resource({
        model: 'm',
        zz: 1,
        dobj: { a: 1, zz: 1 },
        u: [{ k: 'a', zz: 1 }],
        any: { q: 'x', free: { zz: 1 } },
        x: { a: 1 },
      }),
      extra: 1,
    };
    const { value, unknownPaths } = schema.prune(object);
    expect(unknownPaths).toEqual(['extra', 'spec.dobj.zz', 'spec.u[0].zz', 'spec.x.a', 'spec.zz']);
    expect(value).toEqual(
      resource({ model: 'm', dobj: { a: 1 }, u: [{ k: 'a' }], any: { q: 'x', free: { zz: 1 } }, x: {} }),
    );
  });

  it('gives the object itself when there is nothing to leave out', () => {
    const object = resource({ model: 'm', m: { a: '1' } });
    expect(schema.prune(object)).toEqual({ value: object, unknownPaths: [] });
    expect(schema.prune(object).value).toBe(object);
  });
});

describe('defaulting', () => {
  it('fills in defaults, also inside of a default', () => {
    expect(schema.default(resource({ model: 'm' }))).toEqual(resource({ model: 'm', d: 'dd', dobj: { a: 3 } }));
  });

  it('takes null for absent where null is not allowed', () => {
    const object = resource({ model: 'm', x: null, d: null, nul: null, any: { z: null } });
    expect(schema.default(object)).toEqual(
      resource({ model: 'm', d: 'dd', dobj: { a: 3 }, nul: null, any: { z: null } }),
    );
  });
});

describe('pruning and defaulting anything', () => {
  const fields = fc.constantFrom('model', 'x', 'd', 'dobj', 'any', 'u', 'm', 'nul', 'zz', 'items');
  const value = fc.oneof(
    fc.jsonValue(),
    fc.array(fc.dictionary(fc.constantFrom('name', 'k', 'a', 'zz'), fc.jsonValue())),
  );
  const anything = fc.dictionary(fields, value).map(resource);

  it('changes nothing more when it is done again', () => {
    fc.assert(
      fc.property(anything, (object) => {
        const pruned = schema.prune(object);
        expect(schema.prune(pruned.value)).toEqual({ value: pruned.value, unknownPaths: [] });
        const full = schema.default(object);
        expect(schema.default(full)).toEqual(full);
        expect(schema.prune(schema.default(pruned.value)).unknownPaths).toEqual([]);
      }),
    );
  });

  it('does not change what it is given', () => {
    fc.assert(
      fc.property(anything, (object) => {
        const before = structuredClone(object);
        schema.prune(object);
        schema.default(object);
        expect(object).toEqual(before);
      }),
    );
  });
});

describe('validation', () => {
  it.each<[unknown, string]>([
    [{}, 'spec.model: Required value'],
    [undefined, 'spec: Required value'],
    ['str', 'spec: Invalid value: "string": spec in body must be of type object: "string"'],
    [{ model: '' }, 'spec.model: Invalid value: "": spec.model in body should be at least 1 chars long'],
    [{ model: 'toolong' }, 'spec.model: Too long: may not be more than 5 bytes'],
    [{ model: 5 }, 'spec.model: Invalid value: "integer": spec.model in body must be of type string: "integer"'],
    [{ model: 'm', i: 1.5 }, 'spec.i: Invalid value: "number": spec.i in body must be of type integer: "number"'],
    [{ model: 'm', i: 0 }, 'spec.i: Invalid value: 0: spec.i in body should be greater than or equal to 1'],
    [{ model: 'm', i: 11 }, 'spec.i: Invalid value: 11: spec.i in body should be less than or equal to 10'],
    [{ model: 'm', n: 0 }, 'spec.n: Invalid value: 0: spec.n in body should be greater than 0'],
    [{ model: 'm', n: 5 }, 'spec.n: Invalid value: 5: spec.n in body should be less than 5'],
    [{ model: 'm', e: 'c' }, 'spec.e: Unsupported value: "c": supported values: "a", "b"'],
    [
      { model: 'm', e: 5 },
      '[spec.e: Invalid value: "integer": spec.e in body must be of type string: "integer", spec.e: Unsupported value: 5: supported values: "a", "b"]',
    ],
    [{ model: 'm', ei: 5 }, 'spec.ei: Unsupported value: 5: supported values: "1", "2"'],
    [{ model: 'm', p: 'A1' }, `spec.p: Invalid value: "A1": spec.p in body should match '^[a-z]+$'`],
    [{ model: 'm', dt: 'x' }, 'spec.dt: Invalid value: "x": spec.dt in body must be of type date-time: "x"'],
    [{ model: 'm', dur: '1 x' }, 'spec.dur: Invalid value: "1 x": spec.dur in body must be of type duration: "1 x"'],
    [{ model: 'm', l: [] }, 'spec.l: Invalid value: 0: spec.l in body should have at least 1 items'],
    [{ model: 'm', l: ['a', 'b', 'c'] }, 'spec.l: Too many: 3: must have at most 2 items'],
    [
      { model: 'm', l: ['a', null] },
      'spec.l[1]: Invalid value: "null": spec.l[1] in body must be of type string: "null"',
    ],
    [{ model: 'm', u: [{}] }, 'spec.u[0].k: Required value'],
    [{ model: 'm', set: ['a', 'a'] }, 'spec.set[1]: Duplicate value: "a"'],
    [{ model: 'm', items: [{ name: 'a' }, { name: 'a' }] }, 'spec.items[1]: Duplicate value: {"name":"a"}'],
    [{ model: 'm', m: {} }, 'spec.m: Invalid value: 0: spec.m in body should have at least 1 properties'],
    [{ model: 'm', m: { a: '1', b: '1', c: '1' } }, 'spec.m: Too many: 3: must have at most 2 items'],
    [{ model: 'm', m: { a: 'long' } }, 'spec.m.a: Too long: may not be more than 3 bytes'],
    [
      { model: 'm', ios: 1.5 },
      'spec.ios: Invalid value: "number": spec.ios in body must be of type integer,string: "number"',
    ],
    [{ model: 'm', emb: {} }, '[spec.emb.apiVersion: Required value, spec.emb.kind: Required value]'],
    [
      { model: 'm', one: { a: '1', b: '1' } },
      '<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
    [
      { model: 'm', anyo: {} },
      '[<nil>: Invalid value: "": "spec.anyo" must validate at least one schema (anyOf), spec.anyo.a: Required value]',
    ],
    [
      { model: 'm', allo: { a: '1' } },
      '[spec.allo.a: Invalid value: "1": spec.allo.a in body should be at least 2 chars long, <nil>: Invalid value: "": "spec.allo" must validate all the schemas (allOf)]',
    ],
    [{ model: 'm', no: { a: '1' } }, '<nil>: Invalid value: "": "spec.no" must not validate the schema (not)'],
  ])('says what is wrong with %j', (spec, message) => {
    expect(describeCauses(schema.validate(resource(spec)))).toBe(message);
  });

  it.each([
    [
      {
        model: 'm',
        ios: '5%',
        nul: null,
        dt: '2020-01-01T00:00:00.123+01:00',
        dur: '2 days',
        any: { z: null },
        one: { a: '1' },
      },
    ],
    [{ model: 'm', n: 2, i: 1, items: [{ name: 'a' }, { name: 'b' }], ei: 2 }],
  ])('finds nothing wrong with %j', (spec) => {
    expect(schema.validate(resource(spec))).toEqual([]);
  });

  it('does not judge again what an update leaves as it was', () => {
    const old = resource({
      e: 'bad',
      items: [
        { name: 'a', v: 9 },
        { name: 'b', v: 1 },
      ],
      l: ['a', 'b', 'c'],
    });
    expect(schema.validate(old, old)).toEqual([]);
    const moved = resource({
      model: 'm',
      e: 'bad',
      l: ['a', 'b', 'c'],
      items: [
        { name: 'b', v: 1 },
        { name: 'a', v: 9 },
      ],
    });
    expect(schema.validate(moved, old)).toEqual([]);
    const changed = resource({ model: 'm', e: 'bad', items: [{ name: 'a', v: 8 }] });
    expect(describeCauses(schema.validate(changed, old))).toBe(
      'spec.items[0].v: Invalid value: 8: spec.items[0].v in body should be less than or equal to 3',
    );
  });
});
