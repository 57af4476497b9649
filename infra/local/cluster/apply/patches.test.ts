import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { mapOf, OBJECT_META } from './object-meta.ts';
import { DEDUCED, SCALAR } from './resolve.ts';
import { strategicMerge } from './strategic-merge.ts';
import type { JsonObject, ListType, MapType, TypeInfo } from './types.ts';

const REJECTED = { error: { code: 422, message: 'the server rejected our request due to an error in our request' } };

describe('JSON patch', () => {
  const object = { data: { a: '1' }, list: ['x', 'y'] };

  it.each<[string, unknown, JsonObject]>([
    ['adds a field', [{ op: 'add', path: '/data/b', value: '2' }], { data: { a: '1', b: '2' }, list: ['x', 'y'] }],
    [
      'adds an item at the end',
      [{ op: 'add', path: '/list/-', value: 'z' }],
      { data: { a: '1' }, list: ['x', 'y', 'z'] },
    ],
    [
      'adds an item before another',
      [{ op: 'add', path: '/list/0', value: 'z' }],
      { data: { a: '1' }, list: ['z', 'x', 'y'] },
    ],
    ['removes the last item', [{ op: 'remove', path: '/list/-1' }], { data: { a: '1' }, list: ['x'] }],
    [
      'replaces a field that is not there',
      [{ op: 'replace', path: '/data/b', value: '2' }],
      { data: { a: '1', b: '2' }, list: ['x', 'y'] },
    ],
    [
      'moves to an escaped name',
      [{ op: 'move', from: '/data/a', path: '/data/c~1d' }],
      { data: { 'c/d': '1' }, list: ['x', 'y'] },
    ],
    ['copies', [{ op: 'copy', from: '/list', path: '/data/l' }], { data: { a: '1', l: ['x', 'y'] }, list: ['x', 'y'] }],
    ['tests that nothing is there', [{ op: 'test', path: '/data/zz', value: null }], object],
    ['does nothing', [], object],
  ])('%s', (_, patch, expected) => {
    expect(jsonPatch(object, patch)).toEqual({ object: expected });
  });

  it.each([
    ['a test fails', [{ op: 'test', path: '/list/0', value: 'zz' }]],
    ['what it removes is not there', [{ op: 'remove', path: '/data/zz' }]],
    ['its parent is not there', [{ op: 'add', path: '/q/zz', value: '1' }]],
    ['an index is behind the end', [{ op: 'add', path: '/list/3', value: '1' }]],
    ['an index is no number', [{ op: 'add', path: '/list/foo', value: '1' }]],
    ['a path has no slash', [{ op: 'add', path: 'data', value: '1' }]],
    ['the operation is unknown', [{ op: 'bogus', path: '/data/b' }]],
  ])('is rejected as a whole when %s', (_, patch) => {
    expect(jsonPatch(object, [{ op: 'add', path: '/data/x', value: '1' }, ...patch])).toEqual(REJECTED);
    expect(object).toEqual({ data: { a: '1' }, list: ['x', 'y'] });
  });

  it('is a bad request when it is no list', () => {
    expect(jsonPatch(object, { op: 'add' })).toMatchObject({ error: { code: 400 } });
  });
});

describe('merge patch', () => {
  it('merges objects, replaces the rest and removes what is null', () => {
    const object = { a: { b: 1, c: [1] }, d: 1 };
    expect(mergePatch(object, { a: { b: null, c: [2], e: { f: null, g: 1 } } })).toEqual({
      object: { a: { c: [2], e: { g: 1 } }, d: 1 },
    });
  });

  it('changes nothing more when it is applied again', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b'), fc.jsonValue()),
        fc.dictionary(fc.constantFrom('a', 'b'), fc.jsonValue()),
        (object, patch) => {
          const once = mergePatch(object, patch);
          expect(mergePatch('object' in once ? once.object : {}, patch)).toEqual(once);
        },
      ),
    );
  });
});

function struct(fields: Readonly<Record<string, TypeInfo>>): MapType {
  return { kind: 'map', atomic: false, field: (name) => ({ type: fields[name] ?? DEDUCED, declared: true }) };
}

function listBy(key: string, item: TypeInfo): ListType {
  return { kind: 'list', list: 'map', keys: [key], item, strategic: { merge: true, key } };
}

const POD = struct({
  metadata: OBJECT_META,
  data: mapOf(SCALAR),
  containers: listBy('name', struct({ env: listBy('name', struct({})) })),
  args: { kind: 'list', list: 'atomic', keys: [], item: SCALAR },
});

describe('strategic merge patch', () => {
  const c = {
    name: 'c',
    image: 'i',
    env: [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ],
  };
  const live = { metadata: { finalizers: ['a', 'b'] }, data: { x: '1' }, containers: [c], args: ['1', '2'] };

  it.each<[string, JsonObject, JsonObject]>([
    [
      'puts new items first',
      { containers: [{ name: 'n', image: 'j' }] },
      { containers: [{ name: 'n', image: 'j' }, c] },
    ],
    [
      'orders items when told to',
      { '$setElementOrder/containers': [{ name: 'c' }, { name: 'n' }], containers: [{ name: 'n' }] },
      { containers: [c, { name: 'n' }] },
    ],
    ['deletes an item', { containers: [{ name: 'c', $patch: 'delete' }] }, { containers: [] }],
    ['replaces a list', { containers: [{ $patch: 'replace' }, { name: 'only' }] }, { containers: [{ name: 'only' }] }],
    [
      'merges lists in items',
      {
        containers: [
          {
            name: 'c',
            env: [
              { name: 'B', $patch: 'delete' },
              { name: 'C', value: '3' },
            ],
          },
        ],
      },
      {
        containers: [
          {
            ...c,
            env: [
              { name: 'C', value: '3' },
              { name: 'A', value: '1' },
            ],
          },
        ],
      },
    ],
    ['replaces an atomic list', { args: ['3'] }, { args: ['3'] }],
    ['adds to a set', { metadata: { finalizers: ['c'] } }, { metadata: { finalizers: ['c', 'a', 'b'] } }],
    [
      'takes from a set',
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
      { metadata: { finalizers: ['b'] } },
    ],
    ['removes a key', { data: { x: null } }, { data: {} }],
    ['replaces a map', { data: { $patch: 'replace', z: '1' } }, { data: { z: '1' } }],
    ['deletes a map', { data: { $patch: 'delete' } }, { data: undefined }],
    ['retains only named keys', { data: { $retainKeys: ['q'], q: '1' } }, { data: { q: '1' } }],
  ])('%s', (_, patch, expected) => {
    expect(strategicMerge(live, patch, POD)).toEqual({ object: { ...live, ...expected } });
  });

  it.each([
    [
      'an item has no key',
      { containers: [{ image: 'x' }] },
      500,
      'map: map[image:x] does not contain declared merge key: name',
    ],
    [
      'items are not in its order',
      { '$setElementOrder/containers': [{ name: 'c' }], containers: [{ name: 'n' }] },
      500,
      "The order in patch list:\n[map[name:n]]\n doesn't match $setElementOrder list:\n[map[name:c]]\n",
    ],
    ['it is a list', [1], 400, 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ])('is refused when %s', (_, patch, code, message) => {
    expect(strategicMerge(live, patch, POD)).toEqual({ error: { code, message } });
  });
});
