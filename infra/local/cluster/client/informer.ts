import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKubeClient, type KubeClient, type WatchEvent } from '../../../../shared/kube/client.ts';
import type { KubeObject } from '../../../../shared/kube/objects.ts';
import { apiVersionOf, type Resource } from '../../../../shared/kube/resources.ts';
import { isGone, isNotFound, KubeStatusError } from '../../../../shared/kube/status-error.ts';
import type { Connection } from '../../../../shared/kube/transport.ts';

export interface Change<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: T;
  /** What the cache held before. */
  old?: T;
}

/** A cache of one resource kept current by list and watch. Objects in it are shared: never change them. */
export interface Informer<T extends KubeObject> {
  get(namespace: string | undefined, name: string): T | undefined;
  list(): T[];
  /** Called for each change from now on, and at once for what the cache holds already. */
  onChange(handler: (change: Change<T>) => void): void;
  /** Resolves once the first list is in the cache. */
  synced: Promise<void>;
  close(): void;
}

/** Not the same for all, so that watches do not end together. */
const WATCH_SECONDS = (): number => 290 + Math.floor(Math.random() * 250);
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

function startInformer<T extends KubeObject>(
  connection: Connection,
  resource: Resource,
  log?: (message: string) => void,
): Informer<T> {
  // A client of its own: watches hold their sockets, which must not use up the pool that requests share.
  const client: KubeClient = createKubeClient(connection);
  const cache = new Map<string, T>();
  const handlers: ((change: Change<T>) => void)[] = [];
  const stop = new AbortController();
  const { promise: synced, resolve: markSynced } = Promise.withResolvers<void>();

  function emit(change: Change<T>): void {
    for (const handler of handlers) {
      try {
        handler(change);
      } catch (error) {
        log?.(`${resource.plural} handler: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }
  }

  function put(raw: T): void {
    // Items of lists carry no kind; everybody downstream wants it.
    const object = { ...raw, apiVersion: apiVersionOf(resource), kind: resource.kind };
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const old = cache.get(key);
    if (old?.metadata.uid !== undefined && old.metadata.uid !== object.metadata.uid) drop(key);
    else if (old?.metadata.resourceVersion === object.metadata.resourceVersion && old !== undefined) return;
    const before = cache.get(key);
    cache.set(key, object);
    emit(before === undefined ? { type: 'ADDED', object } : { type: 'MODIFIED', object, old: before });
  }

  function drop(key: string, last?: T): void {
    const old = cache.get(key);
    if (old === undefined) return;
    cache.delete(key);
    emit({
      type: 'DELETED',
      object: last === undefined ? old : { ...last, apiVersion: old.apiVersion, kind: old.kind },
      old,
    });
  }

  async function relist(): Promise<string> {
    const { items, resourceVersion } = await client.list<T>(resource, { signal: stop.signal });
    const seen = new Set(items.map((item) => keyOf(item.metadata.namespace, item.metadata.name)));
    for (const key of cache.keys()) if (!seen.has(key)) drop(key);
    for (const item of items) put(item);
    markSynced();
    return resourceVersion;
  }

  /** Follows one watch to its end and returns the version to go on from. */
  async function follow(from: string): Promise<string> {
    const stream = await client.watch(resource, {
      resourceVersion: from,
      timeoutSeconds: WATCH_SECONDS(),
      signal: stop.signal,
    });
    let version = from;
    for await (const line of linesOf(stream)) {
      const { type, object } = JSON.parse(line) as WatchEvent;
      if (type === 'ERROR') throw statusOf(object);
      version = object.metadata.resourceVersion ?? version;
      if (type === 'DELETED') drop(keyOf(object.metadata.namespace, object.metadata.name), object as T);
      else if (type !== 'BOOKMARK') put(object as T); // as T: the resource says what its objects are
    }
    return version;
  }

  async function run(): Promise<void> {
    let version: string | undefined;
    let delay = FIRST_RETRY_MS;
    while (!stop.signal.aborted) {
      try {
        version ??= await relist();
        version = await follow(version);
        delay = FIRST_RETRY_MS;
      } catch (error) {
        if (isGone(error) || isNotFound(error)) version = undefined;
        else report(error);
        await sleep(delay * (0.5 + Math.random()), undefined, { signal: stop.signal, ref: false }).catch(
          () => undefined,
        );
        delay = Math.min(delay * 2, LAST_RETRY_MS);
      }
    }
  }

  function report(error: unknown): void {
    if (!stop.signal.aborted)
      log?.(`watch ${resource.plural}: ${error instanceof Error ? error.message : String(error)}`);
  }
  void run();

  return {
    get: (namespace, name) => cache.get(keyOf(namespace, name)),
    list: () => [...cache.values()],
    onChange(handler) {
      handlers.push(handler);
      for (const object of cache.values()) handler({ type: 'ADDED', object });
    },
    synced,
    close() {
      stop.abort();
      client.close();
      markSynced();
    },
  };
}

async function* linesOf(stream: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}

function statusOf(object: unknown): KubeStatusError {
  const code =
    typeof object === 'object' && object !== null && 'code' in object && typeof object.code === 'number'
      ? object.code
      : 500;
  return new KubeStatusError(code, JSON.stringify(object), 'WATCH');
}

/** One informer per resource, shared by everything in this process. */
export interface Informers {
  of<T extends KubeObject>(resource: Resource): Informer<T>;
  close(): void;
}

export function createInformers(connection: Connection, log?: (message: string) => void): Informers {
  const started = new Map<string, Informer<KubeObject>>();
  return {
    of<T extends KubeObject>(resource: Resource): Informer<T> {
      const key = `${resource.group}/${resource.plural}`;
      const informer = started.get(key) ?? startInformer<KubeObject>(connection, resource, log);
      started.set(key, informer);
      return informer as unknown as Informer<T>; // the resource says what its objects are
    },
    close() {
      for (const informer of started.values()) informer.close();
    },
  };
}
