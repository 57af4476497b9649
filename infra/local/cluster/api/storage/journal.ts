import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** One write. `json` is absent when the object was deleted. */
export interface JournalRecord {
  resource: string;
  key: string;
  revision: number;
  json?: string;
}

const SNAPSHOT = 'snapshot.jsonl';
const JOURNAL = 'journal.jsonl';

/** Records a line of the log: a head that is JSON, a tab, and the object's own bytes, so that nothing is serialized twice. */
function lineOf({ resource, key, revision, json }: JournalRecord): string {
  const head = JSON.stringify([resource, key, revision]);
  return json === undefined ? `${head}\n` : `${head}\t${json}\n`;
}

/** A line that the process did not finish writing is the last one and does not parse: it was never acknowledged, so it is dropped. */
function parseLine(line: string): JournalRecord | undefined {
  const tab = line.indexOf('\t');
  try {
    const [resource, key, revision] = JSON.parse(tab < 0 ? line : line.slice(0, tab));
    if (tab < 0) return { resource, key, revision };
    const json = line.slice(tab + 1);
    JSON.parse(json);
    return { resource, key, revision, json };
  } catch {
    return undefined;
  }
}

function readLines(path: string): { records: JournalRecord[]; torn: boolean } {
  if (!existsSync(path)) return { records: [], torn: false };
  const content = readFileSync(path, 'utf8');
  const complete = content.slice(0, content.lastIndexOf('\n') + 1);
  const records: JournalRecord[] = [];
  for (const line of complete.split('\n')) {
    const record = line === '' ? undefined : parseLine(line);
    if (record !== undefined) records.push(record);
  }
  return { records, torn: complete.length < content.length };
}

/**
 * Append-only log with snapshots in `directory`. Every record has reached the operating system when `append` returns, so a killed
 * process loses nothing; there is no fsync, so a killed machine may.
 */
export class Journal {
  readonly #directory: string;
  #file: number;
  #bytes = 0;
  #snapshotBytes = 0;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#file = openSync(join(directory, JOURNAL), 'a', 0o600);
  }

  /** The records since the beginning, in order; replaying one again is harmless. */
  load(): JournalRecord[] {
    const snapshot = readLines(join(this.#directory, SNAPSHOT));
    const journal = readLines(join(this.#directory, JOURNAL));
    // Ends a torn line, so that the next record does not continue it.
    if (journal.torn) appendFileSync(this.#file, '\n');
    return [...snapshot.records, ...journal.records];
  }

  append(record: JournalRecord): void {
    const line = lineOf(record);
    this.#bytes += line.length;
    writeSync(this.#file, line);
  }

  /** True when the log has outgrown the state it describes. */
  get due(): boolean {
    return this.#bytes > Math.max(16 << 20, 2 * this.#snapshotBytes);
  }

  /** Replaces everything logged so far. A kill at any point leaves the old snapshot with its log, or the new one. */
  snapshot(records: Iterable<JournalRecord>): void {
    const path = join(this.#directory, SNAPSHOT);
    const next = openSync(`${path}.next`, 'w', 0o600);
    this.#snapshotBytes = 0;
    for (const record of records) {
      const line = lineOf(record);
      this.#snapshotBytes += line.length;
      writeSync(next, line);
    }
    closeSync(next);
    renameSync(`${path}.next`, path);
    closeSync(this.#file);
    unlinkSync(join(this.#directory, JOURNAL));
    this.#file = openSync(join(this.#directory, JOURNAL), 'a', 0o600);
    this.#bytes = 0;
  }

  close(): void {
    closeSync(this.#file);
  }
}
