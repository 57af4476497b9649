import type { KubeObject } from '../object.ts';
import { expired } from '../status.ts';
import { Journal } from './journal.ts';

/** One version of an object. `json` are the bytes it is stored, listed and watched as. */
export interface Entry {
  readonly key: string;
  readonly revision: number;
  readonly object: KubeObject;
  readonly json: string;
}

/** `next` is absent when the object was deleted; `previous` when it was created. A deletion has a revision of its own. */
export interface StoreEvent {
  readonly revision: number;
  readonly key: string;
  readonly previous: Entry | undefined;
  readonly next: Entry | undefined;
  /** The last state, stamped with the revision of the deletion. */
  readonly deleted: Entry | undefined;
  /** Encoded forms, shared by all watchers. */
  readonly encoded: Map<string, string>;
}

type Listener = (event: StoreEvent) => void;

/** The window that watches and continued lists can go back, in events per resource. */
export const HISTORY = 10_000;

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All objects of one resource, in key order, with the recent history. */
export class Collection {
  readonly entries = new Map<string, Entry>();
  #keys: string[] = [];
  #history: StoreEvent[] = [];
  /** Revisions up to this one can no longer be told apart. */
  horizon: number;
  readonly listeners = new Set<Listener>();

  constructor(horizon: number) {
    this.horizon = horizon;
  }

  /** Entries whose key starts with `prefix`, in order, as of now. */
  list(prefix: string): Entry[] {
    const from = prefix === '' ? 0 : lowerBound(this.#keys, prefix);
    const found: Entry[] = [];
    for (let index = from; index < this.#keys.length; index++) {
      const key = this.#keys[index] ?? '';
      if (!key.startsWith(prefix)) break;
      const entry = this.entries.get(key);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  /** The same as of an earlier revision, by undoing what came after; throws 410 when that is no longer known. */
  listAt(prefix: string, revision: number): Entry[] {
    const later = this.since(revision);
    if (later.length === 0) return this.list(prefix);
    const then = new Map<string, Entry | undefined>();
    for (const event of later) if (!then.has(event.key)) then.set(event.key, event.previous);
    const found = this.list(prefix).filter((entry) => !then.has(entry.key));
    for (const entry of then.values()) if (entry?.key.startsWith(prefix)) found.push(entry);
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Events after `revision`, oldest first; throws 410 when some of them have been forgotten. */
  since(revision: number): StoreEvent[] {
    if (revision < this.horizon) throw expired(`too old resource version: ${revision} (${this.horizon})`);
    let from = this.#history.length;
    while (from > 0 && (this.#history[from - 1]?.revision ?? 0) > revision) from--;
    return this.#history.slice(from);
  }

  record(event: StoreEvent): void {
    const { key, next } = event;
    const place = lowerBound(this.#keys, key);
    if (next === undefined) {
      this.entries.delete(key);
      if (this.#keys[place] === key) this.#keys.splice(place, 1);
    } else {
      this.entries.set(key, next);
      if (this.#keys[place] !== key) this.#keys.splice(place, 0, key);
    }
    this.#history.push(event);
    if (this.#history.length > HISTORY + HISTORY / 10) {
      const dropped = this.#history.splice(0, HISTORY / 10);
      this.horizon = dropped.at(-1)?.revision ?? this.horizon;
    }
    for (const listener of this.listeners) listener(event);
  }

  restore(entry: Entry | undefined, key: string): void {
    const place = lowerBound(this.#keys, key);
    const known = this.#keys[place] === key;
    if (entry === undefined) {
      this.entries.delete(key);
      if (known) this.#keys.splice(place, 1);
    } else {
      this.entries.set(key, entry);
      if (!known) this.#keys.splice(place, 0, key);
    }
  }
}

/** In memory, with one revision counter for everything, as etcd has it. Writes are synchronous: what was read can't change before. */
export class Store {
  readonly #collections = new Map<string, Collection>();
  readonly #journal: Journal | undefined;
  #revision = 1;
  readonly #start: number;

  /** Without a directory nothing outlives the process. */
  constructor(directory?: string) {
    if (directory !== undefined) {
      this.#journal = new Journal(directory);
      this.#load(this.#journal);
    }
    this.#start = this.#revision;
    for (const collection of this.#collections.values()) collection.horizon = this.#start;
  }

  #load(journal: Journal): void {
    for (const { resource, key, revision, json } of journal.load()) {
      this.#revision = Math.max(this.#revision, revision);
      const entry = json === undefined ? undefined : { key, revision, json, object: JSON.parse(json) };
      this.collection(resource).restore(entry, key);
    }
  }

  get revision(): number {
    return this.#revision;
  }

  collection(resource: string): Collection {
    let found = this.#collections.get(resource);
    if (found === undefined) {
      found = new Collection(this.#start ?? 0);
      this.#collections.set(resource, found);
    }
    return found;
  }

  get(resource: string, key: string): Entry | undefined {
    return this.collection(resource).entries.get(key);
  }

  /** Stores the object under a new revision, which is written into it. */
  put(resource: string, key: string, object: KubeObject): Entry {
    const collection = this.collection(resource);
    const previous = collection.entries.get(key);
    const next = this.#stamp(key, object);
    this.#journal?.append({ resource, key, revision: next.revision, json: next.json });
    collection.record({ revision: next.revision, key, previous, next, deleted: undefined, encoded: new Map() });
    this.#snapshotWhenDue();
    return next;
  }

  delete(resource: string, key: string, last?: KubeObject): Entry | undefined {
    const collection = this.collection(resource);
    const previous = collection.entries.get(key);
    if (previous === undefined) return undefined;
    const deleted = this.#stamp(key, last ?? previous.object);
    this.#journal?.append({ resource, key, revision: deleted.revision });
    collection.record({ revision: deleted.revision, key, previous, next: undefined, deleted, encoded: new Map() });
    this.#snapshotWhenDue();
    return deleted;
  }

  #stamp(key: string, object: KubeObject): Entry {
    this.#revision++;
    const stamped = { ...object, metadata: { ...object.metadata, resourceVersion: `${this.#revision}` } };
    return { key, revision: this.#revision, object: stamped, json: JSON.stringify(stamped) };
  }

  #snapshotWhenDue(): void {
    if (this.#journal?.due !== true) return;
    this.#journal.snapshot(this.#everything());
  }

  *#everything(): Iterable<{ resource: string; key: string; revision: number; json?: string }> {
    // The revision itself: a deletion may have been the last write.
    yield { resource: '', key: '', revision: this.#revision };
    for (const [resource, collection] of this.#collections) {
      for (const { key, revision, json } of collection.entries.values()) yield { resource, key, revision, json };
    }
  }

  close(): void {
    this.#journal?.close();
  }
}
