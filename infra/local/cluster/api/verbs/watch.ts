import type { ServerResponse } from 'node:http';
import type { ClusterState } from '../cluster-state.ts';
import type { Presentation } from '../http/presentation.ts';
import { isTrue, type ResourceRequest } from '../http/request.ts';
import type { KubeObject } from '../object.ts';
import { ApiError, badRequest, fieldError, invalid } from '../status.ts';
import type { Entry, StoreEvent } from '../storage/store.ts';
import { parseRevision, type Selection, selectionOf, tooLarge } from './read.ts';

/** Between bookmarks, so that a quiet watch can go on from where the server is. */
const BOOKMARK_MS = 60_000;
/** Watches without `timeoutSeconds` end after half an hour to an hour, as the real server's do. */
const MIN_TIMEOUT_SECONDS = 1800;
/** A client that does not read is cut off, and lists again, instead of filling memory. */
const MAX_BUFFERED_BYTES = 64 << 20;

const LIST_OPTIONS = { group: 'meta.k8s.io', resource: 'listoptions', kind: 'ListOptions' };

const NEEDS_MATCH = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
/** The last bookmark comes so long before the end, as the real server's. */
const LAST_BOOKMARK_SECONDS = 2;

interface WatchOptions {
  /** Revision to go on from; undefined starts with what exists. */
  since: number | undefined;
  bookmarks: boolean;
  initialEventsEnd: boolean;
  seconds: number;
}

function optionsOf({ store }: ClusterState, query: URLSearchParams): WatchOptions {
  const asked = query.get('resourceVersion') ?? '';
  const sendInitial = query.get('sendInitialEvents');
  const bookmarks = isTrue(query.get('allowWatchBookmarks') ?? 'false');
  const match = query.get('resourceVersionMatch') ?? '';
  checkInitialEvents(sendInitial, match);
  const revision = asked === '' ? 0 : parseRevision(asked, true);
  if (revision > store.revision && sendInitial === null) throw tooLarge(revision, store.revision);
  const seconds = Number(query.get('timeoutSeconds') ?? 0) || MIN_TIMEOUT_SECONDS * (1 + Math.random());
  const initial = sendInitial === null ? revision === 0 : isTrue(sendInitial);
  const since = initial ? undefined : revision === 0 ? store.revision : revision;
  return { since, bookmarks, initialEventsEnd: sendInitial !== null && isTrue(sendInitial) && bookmarks, seconds };
}

function checkInitialEvents(sendInitial: string | null, match: string): void {
  if (sendInitial === null) {
    if (match === '') return;
    throw invalid(LIST_OPTIONS, '', [
      fieldError.forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    ]);
  }
  if (match === 'NotOlderThan') return;
  if (match === '') {
    throw invalid(LIST_OPTIONS, '', [fieldError.forbidden('resourceVersionMatch', NEEDS_MATCH)]);
  }
  throw invalid(LIST_OPTIONS, '', [
    fieldError.forbidden('resourceVersionMatch', NEEDS_MATCH),
    fieldError.notSupported('resourceVersionMatch', match, ['NotOlderThan']),
  ]);
}

/** Streams events until the time-out, the client's end or the server's. */
export function watchCollection(
  cluster: ClusterState,
  request: ResourceRequest,
  response: ServerResponse,
  present: Presentation,
): Promise<void> {
  const selection = selectionOf(request);
  const options = optionsOf(cluster, request.query);
  if (options.bookmarks && request.name !== '' && options.seconds < 0) throw badRequest('invalid timeoutSeconds');
  return new Watch(cluster, request, response, present, selection).run(options);
}

class Watch {
  readonly #cluster: ClusterState;
  readonly #request: ResourceRequest;
  readonly #response: ServerResponse;
  readonly #present: Presentation;
  readonly #selection: Selection;

  constructor(
    cluster: ClusterState,
    request: ResourceRequest,
    response: ServerResponse,
    present: Presentation,
    selection: Selection,
  ) {
    this.#cluster = cluster;
    this.#request = request;
    this.#response = response;
    this.#present = present;
    this.#selection = selection;
  }

  run(options: WatchOptions): Promise<void> {
    const { store } = this.#cluster;
    const collection = store.collection(this.#request.type.storage);
    const response = this.#response;
    response.writeHead(200, { 'content-type': this.#present.contentType, 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    if (!this.#catchUp(options)) {
      response.end();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const listener = (event: StoreEvent): void => this.#tell(event);
      const bookmark = options.bookmarks ? setInterval(() => this.#bookmark(), BOOKMARK_MS) : undefined;
      const last = options.seconds - LAST_BOOKMARK_SECONDS;
      const farewell = options.bookmarks && last > 0 ? setTimeout(() => this.#bookmark(), last * 1000) : undefined;
      const timeout = setTimeout(() => {
        // Before the end: a bookmark in the same tick must not be written behind it.
        clearInterval(bookmark);
        collection.listeners.delete(listener);
        response.end();
      }, options.seconds * 1000);
      collection.listeners.add(listener);
      response.once('close', () => {
        collection.listeners.delete(listener);
        clearInterval(bookmark);
        clearTimeout(timeout);
        clearTimeout(farewell);
        resolve();
      });
    });
  }

  /** What came before the watch; false when that is no longer known. */
  #catchUp({ since, initialEventsEnd }: WatchOptions): boolean {
    const collection = this.#cluster.store.collection(this.#request.type.storage);
    try {
      if (since !== undefined) {
        for (const event of collection.since(since)) this.#send(event);
        return true;
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#response.write(`{"type":"ERROR","object":${JSON.stringify(error.toStatus())}}\n`);
      return false;
    }
    for (const entry of collection.list(this.#selection.prefix)) {
      if (this.#selects(entry)) this.#write('ADDED', entry, undefined);
    }
    if (initialEventsEnd) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
    return true;
  }

  #selects(entry: Entry | undefined): entry is Entry {
    if (entry === undefined || !entry.key.startsWith(this.#selection.prefix)) return false;
    return this.#selection.matches === undefined || this.#selection.matches(entry.object);
  }

  /** A watch that fails ends alone: the write that it hears of has been stored. */
  #tell(event: StoreEvent): void {
    try {
      this.#send(event);
    } catch {
      this.#response.destroy();
    }
  }

  #send(event: StoreEvent): void {
    const before = this.#selects(event.previous);
    const { next, previous, deleted } = event;
    if (next === undefined) {
      if (before && deleted !== undefined) this.#write('DELETED', deleted, event);
    } else if (this.#selects(next)) this.#write(before ? 'MODIFIED' : 'ADDED', next, event);
    else if (before && previous !== undefined) this.#leave(previous, event);
  }

  /** The object left the selection: for this watch it is deleted, as it was, at the new revision. */
  #leave(previous: Entry, { revision }: StoreEvent): void {
    const { object } = previous;
    const last: KubeObject = { ...object, metadata: { ...object.metadata, resourceVersion: `${revision}` } };
    this.#write('DELETED', { key: previous.key, revision, object: last, json: JSON.stringify(last) }, undefined);
  }

  #write(type: string, entry: Entry, event: StoreEvent | undefined): void {
    const key = `${type} ${this.#present.cacheKey}`;
    let line = event?.encoded.get(key);
    if (line === undefined) {
      line = `{"type":"${type}","object":${this.#present.one(entry)}}\n`;
      event?.encoded.set(key, line);
    }
    this.#response.write(line);
    if (this.#response.writableLength > MAX_BUFFERED_BYTES) this.#response.destroy();
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { kind, apiVersion } = this.#request.type;
    const metadata = { resourceVersion: `${this.#cluster.store.revision}`, ...(annotations ? { annotations } : {}) };
    const object = this.#present.bookmark({ kind, apiVersion, metadata: { ...metadata } });
    this.#response.write(`{"type":"BOOKMARK","object":${object}}\n`);
  }
}
