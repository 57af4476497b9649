import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { MemoryEntry, NewMemory, Stored } from './entry.ts';
import { matchExpression } from './match-expression.ts';

/** What one owner may keep; the oldest entries make room for new ones. */
export interface Quota {
  maxEntries: number;
  maxBytes: number;
}

/** One owner's memories. */
export interface MemoryDatabase {
  store(memory: NewMemory, quota: Quota, now: Date): Stored;
  /** Best match first. */
  search(query: string, topK: number): MemoryEntry[];
  /** Newest first; `tags` is one tag, or several parted by commas that an entry must all have. */
  list(tags: string, limit: number, offset: number): MemoryEntry[];
  close(): void;
}

/** As in the original; `digest` is ours, so that the same memory is kept once. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS memories(
    id INTEGER PRIMARY KEY AUTOINCREMENT, content TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '[]',
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, digest TEXT NOT NULL UNIQUE);
  CREATE VIRTUAL TABLE IF NOT EXISTS memories_fts USING
    fts5(content, content='memories', content_rowid='id', tokenize='porter unicode61');
  CREATE TRIGGER IF NOT EXISTS memories_ai AFTER INSERT ON memories BEGIN
    INSERT INTO memories_fts(rowid, content) VALUES (new.id, new.content);
  END;
  CREATE TRIGGER IF NOT EXISTS memories_ad AFTER DELETE ON memories BEGIN
    INSERT INTO memories_fts(memories_fts, rowid, content) VALUES ('delete', old.id, old.content);
  END;
  CREATE INDEX IF NOT EXISTS idx_memories_updated ON memories(updated_at DESC, id DESC);
`;

const STORE = `
  INSERT INTO memories(content, tags, created_at, updated_at, digest) VALUES (:content, :tags, :now, :now, :digest)
  ON CONFLICT(digest) DO UPDATE SET updated_at = excluded.updated_at RETURNING id, updated_at`;

/** A tenth at a time once the quota is passed, so that not every store has to make room. */
const TRIM = `
  DELETE FROM memories WHERE id IN (
    SELECT id FROM memories ORDER BY updated_at, id LIMIT (
      SELECT CASE WHEN count(*) > :maxEntries OR :bytes > :maxBytes THEN count(*) / 10 + 1 ELSE 0 END FROM memories))`;

const USED_BYTES = `
  SELECT (page_count - freelist_count) * page_size AS bytes
  FROM pragma_page_count, pragma_freelist_count, pragma_page_size`;

const SEARCH = `
  SELECT m.id, m.content, m.tags, m.created_at, m.updated_at FROM memories_fts JOIN memories m ON m.id = memories_fts.rowid
  WHERE memories_fts MATCH :query ORDER BY rank, m.id DESC LIMIT :limit`;

/** For scripts without spaces, whose words FTS5 cannot tell apart. */
const CONTAINS = `
  SELECT id, content, tags, created_at, updated_at FROM memories WHERE instr(lower(content), lower(:query)) > 0
  ORDER BY updated_at DESC, id DESC LIMIT :limit`;

const LIST = `
  SELECT id, content, tags, created_at, updated_at FROM memories WHERE :tags = ''
    OR EXISTS (SELECT 1 FROM json_each(memories.tags) WHERE value = :tags)
    OR NOT EXISTS (SELECT 1 FROM json_each(:parts) p
      WHERE p.value NOT IN (SELECT value FROM json_each(memories.tags)))
  ORDER BY updated_at DESC, id DESC LIMIT :limit OFFSET :offset`;

type Row = Omit<MemoryEntry, 'tags'> & { tags: string };

/** Opens the database at `path`; undefined when there is none and `create` is not set: reading leaves no files behind. */
export function openDatabase(path: string, { create }: { create: boolean }): MemoryDatabase | undefined {
  if (!create && !existsSync(path)) return undefined;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(path, { timeout: 5000 });
  // With the log, a write cut anywhere is there or not; synced at each commit, what was acknowledged outlives a power cut.
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -512; ${SCHEMA}`);
  const store = db.prepare(STORE);
  const trim = db.prepare(TRIM);
  const used = db.prepare(USED_BYTES);
  const search = db.prepare(SEARCH);
  const contains = db.prepare(CONTAINS);
  const list = db.prepare(LIST);
  return {
    store({ content, tags }, quota, now) {
      const at = `${now.toISOString().slice(0, 19)}Z`;
      const json = JSON.stringify(tags);
      const digest = createHash('sha256').update(`${json}\n${content}`).digest('base64url');
      db.exec('BEGIN IMMEDIATE');
      try {
        const { bytes } = used.get() as { bytes: number };
        trim.run({ maxEntries: quota.maxEntries - 1, maxBytes: quota.maxBytes, bytes });
        const row = store.get({ content, tags: json, now: at, digest }) as { id: number; updated_at: string };
        db.exec('COMMIT');
        return { id: row.id, stored_at: row.updated_at };
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
    search(query, topK) {
      const expression = matchExpression(query);
      if (expression === undefined) return [];
      const found = search.all({ query: expression, limit: topK }) as unknown as Row[];
      const rows = found.length > 0 ? found : (contains.all({ query: query.trim(), limit: topK }) as unknown as Row[]);
      return rows.map(entryOf);
    },
    list(tags, limit, offset) {
      const parts = tags.split(',').map((tag) => tag.trim());
      const rows = list.all({ tags, parts: JSON.stringify(parts), limit, offset }) as unknown as Row[];
      return rows.map(entryOf);
    },
    close: () => db.close(),
  };
}

function entryOf({ id, content, tags: json, created_at, updated_at }: Row): MemoryEntry {
  const tags = JSON.parse(json) as string[];
  return { id, content, ...(tags.length > 0 && { tags }), created_at, updated_at };
}
