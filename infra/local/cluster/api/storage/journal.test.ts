import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store } from './store.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'journal-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const named = (name: string, more: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name },
  ...more,
});
const names = (store: Store): string[] =>
  store
    .collection('things')
    .list('')
    .map(({ key }) => key);

describe('a store with a journal', () => {
  it('has everything again when it is opened anew, though it was never closed', () => {
    const store = new Store(directory);
    store.put('things', 'a', named('a'));
    store.put('things', 'b', named('b'));
    store.put('things', 'a', named('a', { size: 2 }));
    store.delete('things', 'b');

    const again = new Store(directory);

    expect(names(again)).toEqual(['a']);
    expect(again.get('things', 'a')?.object['size']).toBe(2);
    expect(again.revision).toBe(store.revision);
  });

  it('drops the last line when it was torn, and goes on after it', () => {
    const store = new Store(directory);
    store.put('things', 'a', named('a'));
    appendFileSync(join(directory, 'journal.jsonl'), '["things","b",99]\t{"apiVersion":"v1","ki');

    const second = new Store(directory);
    second.put('things', 'c', named('c'));

    expect(names(new Store(directory))).toEqual(['a', 'c']);
  });

  it('keeps the state and little else when the journal has grown long', () => {
    const store = new Store(directory);
    const long = 'x'.repeat(1 << 20);
    for (let round = 0; round < 20; round++) store.put('things', 'a', named('a', { long, round }));

    expect(readdirSync(directory)).toContain('snapshot.jsonl');
    const again = new Store(directory);
    expect(again.get('things', 'a')?.object['round']).toBe(19);
    expect(again.revision).toBe(store.revision);
  });
});
