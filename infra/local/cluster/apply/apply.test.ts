import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPatch } from './apply.ts';
import { applied, apply, aWidget, LATER, NOW, WIDGET } from './fixtures.ts';
import { managedFieldsOf, updateManagedFields, withManagedFields } from './ownership.ts';
import type { JsonObject, ManagedFieldsEntry } from './types.ts';

const FULL = {
  a: '1',
  struct: { x: '1' },
  labels: { l: '1' },
  any: { q: { r: 1 }, arr: [1, { a: 2 }] },
  list: ['1'],
  set: ['a', 'b'],
  items: [{ name: 'i', v: '1' }],
  ports: [{ port: 80 }],
  atomic: { x: '1' },
};

function managersOf(object: JsonObject): readonly ManagedFieldsEntry[] {
  const entries = managedFieldsOf(object);
  return Array.isArray(entries) ? entries : [];
}

function fieldsOf(object: JsonObject, manager: string): JsonObject | undefined {
  return managersOf(object).find((entry) => entry.manager === manager)?.fieldsV1;
}

/** A widget created by someone who does not apply. */
function created(spec: JsonObject): JsonObject {
  const next = aWidget(spec);
  const writer = { manager: 'creator', typeInfo: WIDGET, apiVersion: 'test.io/v1', now: NOW };
  return withManagedFields(next, updateManagedFields({ ...writer, next }));
}

describe('server-side apply', () => {
  it('records leaves, list items and free keys when it creates an object', () => {
    expect(managersOf(applied(undefined, ['A', FULL]))).toEqual([
      {
        manager: 'A',
        operation: 'Apply',
        apiVersion: 'test.io/v1',
        time: '2026-01-02T03:04:05Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:a': {},
            'f:any': { 'f:arr': {}, 'f:q': { '.': {}, 'f:r': {} } },
            'f:atomic': {},
            'f:items': { 'k:{"name":"i"}': { '.': {}, 'f:name': {}, 'f:v': {} } },
            'f:labels': { 'f:l': {} },
            'f:list': {},
            'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } },
            'f:set': { 'v:"a"': {}, 'v:"b"': {} },
            'f:struct': { 'f:x': {} },
          },
        },
      },
    ]);
  });

  it('names every field and owner when it conflicts with several', () => {
    const live = applied(created(FULL), ['A', FULL]);
    const outcome = apply(live, 'B', { a: '2', labels: { l: '2' }, items: [{ name: 'i', v: '2' }], list: ['2'] });
    expect(outcome).toMatchObject({
      message: [
        'Apply failed with 8 conflicts: conflicts with "A":',
        '- .spec.a',
        '- .spec.list',
        '- .spec.items[name="i"].v',
        '- .spec.labels.l',
        'conflicts with "creator" using test.io/v1:',
        '- .spec.a',
        '- .spec.list',
        '- .spec.items[name="i"].v',
        '- .spec.labels.l',
      ].join('\n'),
    });
  });

  it('names the subresource when one field conflicts with a writer of status', () => {
    const next = aWidget(undefined, { status: { phase: 'Q' } });
    const writer = { manager: 'S', typeInfo: WIDGET, apiVersion: 'test.io/v1', subresource: 'status', now: NOW };
    const live = withManagedFields(next, updateManagedFields({ ...writer, live: created({}), next }));
    const outcome = apply(live, 'B', undefined, {
      patch: aWidget(undefined, { status: { phase: 'P' } }),
      subresource: 'status',
    });
    const message = 'conflict with "S" with subresource "status" using test.io/v1';
    expect(outcome).toEqual({
      conflicts: [{ manager: 'S', field: '.status.phase', message }],
      message: `Apply failed with 1 conflict: ${message}: .status.phase`,
    });
  });

  it('takes the fields when forced, and drops a manager that has none left', () => {
    const outcome = apply(applied(undefined, ['A', { a: '1' }]), 'B', { a: '2' }, { force: true });
    const object = 'object' in outcome ? outcome.object : {};
    expect(object).toMatchObject({ spec: { a: '2' } });
    expect(managersOf(object).map(({ manager }) => manager)).toEqual(['B']);
  });

  it('keeps a field when another manager owns it too and one stops applying it', () => {
    const object = applied(undefined, ['A', { a: '1', set: ['x', 'y'] }], ['B', { a: '1', set: ['y'] }], ['A', {}]);
    expect(object).toMatchObject({ spec: { a: '1', set: ['y'] } });
  });

  it('orders list items as applied when others have items between', () => {
    const abc = { set: ['a', 'b', 'c'] };
    const object = applied(undefined, ['A', abc], ['B', { set: ['c', 'x', 'a'] }]);
    expect(object).toMatchObject({ spec: { set: ['b', 'c', 'x', 'a'] } });
    expect(applied(object, ['A', { set: ['a', 'c'] }])).toMatchObject({ spec: { set: ['x', 'a', 'c'] } });
  });

  it('has no time when a manager only agrees with what is there', () => {
    const object = applied(created({ a: '1' }), ['A', { a: '1' }]);
    expect(managersOf(object).map(({ manager, time }) => [manager, time])).toEqual([
      ['A', undefined],
      ['creator', '2026-01-02T03:04:05Z'],
    ]);
  });

  it('conflicts with before-first-apply when the object never had managers', () => {
    const outcome = apply(aWidget({ b: 4 }), 'A', { a: '1' });
    const object = 'object' in outcome ? outcome.object : {};
    expect(fieldsOf(object, 'before-first-apply')).toEqual({ 'f:spec': { '.': {}, 'f:b': {} } });
    expect(apply(object, 'A', { b: 1 })).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "before-first-apply" using test.io/v1: .spec.b',
    });
  });

  it('neither writes nor owns what the endpoint resets', () => {
    const patch = aWidget({ a: '1' }, { status: { phase: 'X' } });
    const outcome = apply(created({}), 'A', undefined, { patch, resetFields: ['status'] });
    const object = 'object' in outcome ? outcome.object : {};
    expect(object['status']).toBeUndefined();
    expect(fieldsOf(object, 'A')).toEqual({ 'f:spec': { 'f:a': {} } });
  });

  it.each([
    ['has managedFields', { metadata: { name: 'w', managedFields: [{}] } }, 400, 'metadata.managedFields must be nil'],
    ['has an unknown field', { spec: { zz: 1 } }, 500, '.spec.zz: field not declared in schema'],
    ['has a wrong type', { spec: { a: 1 } }, 500, '.spec.a: expected string, got &value.valueUnstructured{Value:1}'],
    [
      'has an item twice',
      { spec: { items: [{ name: 'x' }, { name: 'x' }], set: ['q', 'q'] } },
      500,
      'errors:\n  .spec.items: duplicate entries for key [name="x"]\n  .spec.set: duplicate entries for key [="q"]',
    ],
    [
      'has an item without its key',
      { spec: { items: [{ v: 'x' }] } },
      500,
      '.spec.items: element 0: associative list with keys',
    ],
  ])('is refused when the configuration %s', (_, more, code, message) => {
    const outcome = apply(undefined, 'A', undefined, { patch: aWidget(undefined, more) });
    expect(outcome).toMatchObject({ error: { code, message: expect.stringContaining(message) } });
  });
});

const word = fc.constantFrom('1', '2');
const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
const spec = fc.record(
  {
    a: word,
    b: fc.nat(3),
    struct: fc.record({ x: word, y: word }, { requiredKeys: [] }),
    atomic: fc.record({ x: word, y: word }, { requiredKeys: [] }),
    labels: fc.dictionary(fc.constantFrom('l', 'm'), word),
    any: fc.dictionary(
      fc.constantFrom('p', 'q'),
      fc.oneof(word, fc.array(word), fc.dictionary(fc.constantFrom('r'), word)),
    ),
    list: fc.array(word, { maxLength: 2 }),
    set: names,
    items: names.map((list) => list.map((name) => ({ name }))),
  },
  { requiredKeys: [] },
);

describe('server-side apply of anything', () => {
  it('changes nothing when the same is applied again', () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const before = apply(applied(undefined, ['A', first]), 'B', second, { force: true });
        const live = 'object' in before ? before.object : {};
        const again = apply(live, 'B', second, { now: LATER });
        expect('object' in again && again.object === live && !again.changed).toBe(true);
      }),
    );
  });

  it('leaves what others own when a manager applies nothing any more', () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const alone = applied(undefined, ['A', first]);
        const both = apply(alone, 'B', second, { force: true });
        const live = 'object' in both ? both.object : {};
        const owned = fieldsOf(live, 'A');
        const outcome = applyPatch({
          live,
          patch: aWidget(),
          manager: 'B',
          force: false,
          typeInfo: WIDGET,
          apiVersion: 'test.io/v1',
          now: LATER,
        });
        const after = 'object' in outcome ? outcome.object : {};
        expect(fieldsOf(after, 'B')).toBeUndefined();
        expect(fieldsOf(after, 'A')).toEqual(owned);
      }),
    );
  });

  it('never conflicts when two managers have no field in common', () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const other = Object.fromEntries(Object.entries(second).filter(([name]) => !(name in first)));
        const live = applied(undefined, ['A', first]);
        expect(apply(live, 'B', other)).toHaveProperty('object');
      }),
    );
  });
});
