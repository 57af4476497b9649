import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HISTORY, Store, type StoreEvent } from './store.ts';

const thing = (name: string, size = 0) => ({ apiVersion: 'v1', kind: 'Thing', metadata: { name }, size });

describe('a collection', () => {
  it('can be listed as it was at any remembered revision, whatever was written since', () => {
    const writes = fc.array(fc.tuple(fc.constantFrom('n/a', 'n/b', 'm/a', 'n/c'), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(writes, (sequence) => {
        const store = new Store();
        const things = store.collection('things');
        const seen = new Map([[store.revision, [] as string[]]]);
        for (const [key, keep] of sequence) {
          if (keep) store.put('things', key, thing(key));
          else store.delete('things', key);
          seen.set(
            store.revision,
            things.list('n/').map(({ json }) => json),
          );
        }
        for (const [revision, expected] of seen) {
          expect(things.listAt('n/', revision).map(({ json }) => json)).toEqual(expected);
        }
      }),
    );
  });

  it('is in the order of its keys', () => {
    const store = new Store();
    for (const key of ['n/b', 'm/z', 'n/a', 'n/a-1']) store.put('things', key, thing(key));
    expect(
      store
        .collection('things')
        .list('n/')
        .map(({ key }) => key),
    ).toEqual(['n/a', 'n/a-1', 'n/b']);
  });

  it('says 410 when events after a revision have been forgotten', () => {
    const store = new Store();
    const first = store.put('things', 'a', thing('a')).revision;
    for (let count = 0; count < HISTORY * 1.2; count++) store.put('things', 'a', thing('a', count));

    expect(() => store.collection('things').since(first)).toThrow(
      expect.objectContaining({ code: 410, reason: 'Expired' }),
    );
    expect(store.collection('things').since(store.revision)).toEqual([]);
  });

  it('tells listeners of a deletion with its own revision', () => {
    const store = new Store();
    const events: StoreEvent[] = [];
    store.put('things', 'a', thing('a'));
    store.collection('things').listeners.add((event) => events.push(event));
    store.delete('things', 'a');

    expect(events[0]?.next).toBeUndefined();
    expect(events[0]?.deleted?.object.metadata.resourceVersion).toBe(`${store.revision}`);
  });
});
