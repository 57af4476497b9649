import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryDatabase, openDatabase } from './database.ts';
import { createOpenDatabases } from './open-databases.ts';

const QUOTA = { maxEntries: 1000, maxBytes: 1_000_000_000 };
const NOON = new Date('2026-01-02T12:00:00.789Z');

let folder: string;
let db: MemoryDatabase;

const opened = (path: string): MemoryDatabase => {
  const database = openDatabase(path, { create: true });
  if (database === undefined) throw new Error('A database is created when it is asked for');
  return database;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-'));
  db = opened(join(folder, 'own/one.db'));
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const remember = (content: string, tags: string[] = [], seconds = 0) =>
  db.store({ content, tags }, QUOTA, new Date(NOON.getTime() + seconds * 1000));

describe('what is found', () => {
  const TEXTS = [
    'The database is PostgreSQL 15 running on db-prod-01.',
    'Alert escalation: page oncall if P1 latency exceeds 500ms',
    'Deploy cadence: releases happen on Tuesdays',
    'Kafka consumer lag detected in payments-ns namespace',
    '日本語の記憶を残す',
  ];
  it.each([
    ['database postgresql', 0],
    ['deploying releases', 2],
    ['payments-ns', 3],
    ['db-prod-01', 0],
    ['kafka?', 3],
    ['kafka AND lag', 3],
    ['NOT kafka', 3],
    ['what is the kafka lag?', 3],
    ["It's about a latency/alert at 100%, say x@y.z. Look (closely)!", 1],
    ['記憶', 4],
  ])('"%s" finds what shares a telling word with it [API-W56]', (query, index) => {
    for (const text of TEXTS) remember(text);
    expect(db.search(query, 5)[0]?.content).toBe(TEXTS[index]);
  });

  it('nothing is found by a text without words, and nothing that shares only words like "the"', () => {
    for (const text of TEXTS) remember(text);
    expect(db.search('***', 5)).toEqual([]);
    expect(db.search('  ', 5)).toEqual([]);
    expect(db.search('the weather', 5)).toEqual([]);
  });

  it('more shared words rank higher, and no more come than were asked for', () => {
    for (const text of ['kafka is slow', 'kafka lag is high', 'lag of the consumer']) remember(text);
    expect(db.search('kafka lag', 1).map(({ content }) => content)).toEqual(['kafka lag is high']);
  });

  it('a word ranks before the many that only begin with it', () => {
    for (let n = 0; n < 120; n += 1) remember(`ticket-${n} was closed`);
    expect(db.search('ticket-1', 1)[0]?.content).toBe('ticket-1 was closed');
  });
  it('no text makes a syntax error [API-W56]', () => {
    remember('kafka');
    const nasty = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('"', '*', '(', ')', ':', '^', '-', '+', 'NEAR', ' ', 'AND', 'x', '\0', "'") }),
    );
    fc.assert(
      fc.property(nasty, (query) => void db.search(query, 5)),
      { numRuns: 3000 },
    );
  });

  it('every stored text is found by its own words', () => {
    const word = fc.stringMatching(/^[a-z]{4,12}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
        const content = `zz ${words.join(' ')}`;
        const { id } = remember(content);
        expect(db.search(content, 50).map((entry) => entry.id)).toContain(id);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what is kept', () => {
  it('entries have whole seconds, and no tags when there are none', () => {
    expect(remember('one')).toEqual({ id: 1, stored_at: '2026-01-02T12:00:00Z' });
    const at = '2026-01-02T12:00:00Z';
    expect(db.list('', 20, 0)).toEqual([{ id: 1, content: 'one', created_at: at, updated_at: at }]);
  });

  it('the same memory is kept once, and counts as new again [API-W58]', () => {
    const first = remember('same', ['auto']);
    remember('other', [], 1);
    expect(remember('same', ['auto'], 2)).toEqual({ id: first.id, stored_at: '2026-01-02T12:00:02Z' });
    expect(db.list('', 20, 0).map(({ content }) => content)).toEqual(['same', 'other']);
    expect(remember('same', ['mine'], 3).id).not.toBe(first.id);
  });

  it('a tag is met whole, several all, and one with a comma stays one [API-W58]', () => {
    remember('a', ['data', 'x']);
    remember('b', ['database']);
    remember('c', ['x', 'y,z', 'data']);
    const found = (tags: string) => db.list(tags, 20, 0).map(({ content }) => content);
    expect(found('data')).toEqual(['c', 'a']);
    expect(found('data,x')).toEqual(['c', 'a']);
    expect(found('y,z')).toEqual(['c']);
    expect(found('%')).toEqual([]);
  });

  it('the newest come first, page by page, also within one second [API-W58]', () => {
    for (const content of ['1', '2', '3']) remember(content);
    expect(db.list('', 2, 0).map(({ content }) => content)).toEqual(['3', '2']);
    expect(db.list('', 2, 2).map(({ content }) => content)).toEqual(['1']);
  });

  it('the oldest make room when there are too many or they are too large [API-W58]', () => {
    for (let n = 0; n < 25; n += 1) db.store({ content: `entry ${n}`, tags: [] }, { ...QUOTA, maxEntries: 10 }, NOON);
    const kept = db.list('', 100, 0).map(({ content }) => content);
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(kept[0]).toBe('entry 24');
    expect(db.search('entry 3', 100).map(({ content }) => content)).not.toContain('entry 3');

    const text = (n: number) => `${n} `.padEnd(20_000, `word${n} `);
    for (let n = 0; n < 60; n += 1) db.store({ content: text(n), tags: [] }, { ...QUOTA, maxBytes: 400_000 }, NOON);
    const large = db.list('', 100, 0).length;
    expect(large).toBeGreaterThan(3);
    expect(large).toBeLessThan(30);
  });
});

describe('what is open', () => {
  const files = (at: string) => (existsSync(at) ? readdirSync(at) : []);

  it('reading a memory that was never written leaves no file', () => {
    expect(openDatabase(join(folder, 'nobody/none.db'), { create: false })).toBeUndefined();
    expect(files(join(folder, 'nobody'))).toEqual([]);
  });

  it('few stay open, and none for long; a closed one is opened again with all it held', () => {
    let now = 0;
    const databases = createOpenDatabases({ max: 2, idleMs: 100, now: () => now });
    const store = (name: string) =>
      databases.get(join(folder, 'many', name), { create: true })?.store({ content: name, tags: [] }, QUOTA, NOON);
    for (const name of ['a', 'b', 'c']) store(name);
    expect(databases.size()).toBe(2);
    expect(files(join(folder, 'many')).filter((name) => name.startsWith('a'))).toEqual(['a']);
    now = 100;
    databases.closeIdle();
    expect(databases.size()).toBe(0);
    expect(databases.get(join(folder, 'many', 'a'), { create: false })?.list('', 5, 0)).toHaveLength(1);
    databases.closeAll();
  });
});
