import type { IncomingMessage } from 'node:http';
import type { KubeList, KubeObject } from './objects.ts';
import { apiVersionOf, type ObjectRef, pathOf, type Resource } from './resources.ts';
import { isNotFound, KubeStatusError } from './status-error.ts';
import { type Connection, createTransport, type RequestOptions, readText } from './transport.ts';

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects per page; 500 unless told. */
  limit?: number;
  /** Leaves out all but metadata, for long lists of large objects. */
  metadataOnly?: boolean;
  signal?: AbortSignal;
}

export interface WatchOptions extends Omit<ListOptions, 'limit' | 'metadataOnly'> {
  resourceVersion: string;
  /** Seconds after which the server ends the stream by itself. */
  timeoutSeconds: number;
}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: KubeObject;
}

export interface WriteOptions {
  fieldManager: string;
  dryRun?: boolean;
  signal?: AbortSignal;
}

export interface DeleteOptions {
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  signal?: AbortSignal;
}

export interface LogOptions {
  container: string;
  tailLines?: number;
  limitBytes?: number;
  signal?: AbortSignal;
}

/** Only metadata of an object: what is asked for when its content must not be read, such as a Secret's. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
/** A server that cannot leave content out sends the whole. */
const LIST_METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
const PAGE = 500;

/**
 * The Kubernetes API as the control plane uses it. Failed requests throw `KubeStatusError` (the server's answer) or
 * `KubeUnreachableError` (none came); a missing object is `undefined` from `get`, and done from `delete`.
 */
export type KubeClient = ReturnType<typeof createKubeClient>;

export function createKubeClient(connection: Connection) {
  const { send, close } = createTransport(connection);

  async function json<T>(options: RequestOptions): Promise<T> {
    return JSON.parse(await text(options)) as T;
  }
  async function text(options: RequestOptions): Promise<string> {
    const response = await send(options);
    const body = await readText(response);
    const code = response.statusCode ?? 0;
    if (code >= 300) throw new KubeStatusError(code, body, `${options.method} ${options.path}`);
    return body;
  }
  const missing = (error: unknown): undefined => {
    if (isNotFound(error)) return undefined;
    throw error;
  };

  async function get<T extends KubeObject>(
    resource: Resource,
    at: { namespace?: string; name: string },
    { metadataOnly = false, signal }: { metadataOnly?: boolean; signal?: AbortSignal } = {},
  ): Promise<T | undefined> {
    const path = pathOf(resource, at.namespace, at.name);
    return json<T>({
      method: 'GET',
      path,
      ...(metadataOnly && { accept: METADATA_ONLY }),
      ...(signal && { signal }),
    }).catch(missing);
  }

  /** One page; `continue` in its metadata names the next. */
  async function page<T extends KubeObject>(
    resource: Resource,
    options: ListOptions & { continue?: string },
  ): Promise<KubeList<T>> {
    const { namespace, labelSelector, fieldSelector, limit = PAGE, metadataOnly, signal } = options;
    const query = { labelSelector, fieldSelector, limit: String(limit), continue: options.continue };
    const answer = await json<Omit<KubeList<T>, 'items'> & { items: T[] | null }>({
      method: 'GET',
      path: pathOf(resource, namespace),
      query,
      deadlineMs: 30_000,
      ...(metadataOnly === true && { accept: LIST_METADATA_ONLY }),
      ...(signal && { signal }),
    });
    // An empty list of metadata alone comes with `items: null`.
    return { ...answer, items: answer.items ?? [] };
  }

  /** Every object that matches, over as many pages as it takes. Items carry no kind, as the API server leaves it out of lists. */
  async function list<T extends KubeObject>(
    resource: Resource,
    options: ListOptions = {},
  ): Promise<{ items: T[]; resourceVersion: string }> {
    const items: T[] = [];
    let next: string | undefined;
    let resourceVersion = '';
    do {
      const part: KubeList<T> = await page<T>(resource, { ...options, ...(next !== undefined && { continue: next }) });
      for (const item of part.items) items.push(item);
      resourceVersion = part.metadata.resourceVersion ?? '';
      next = part.metadata.continue === '' ? undefined : part.metadata.continue;
    } while (next !== undefined);
    return { items, resourceVersion };
  }

  /** The raw stream of a watch, one JSON event a line; the caller reads, bounds and ends it. */
  async function watch(resource: Resource, options: WatchOptions): Promise<IncomingMessage> {
    const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, signal } = options;
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      labelSelector,
      fieldSelector,
      resourceVersion,
      timeoutSeconds: String(timeoutSeconds),
    };
    const response = await send({
      method: 'GET',
      path: pathOf(resource, namespace),
      query,
      deadlineMs: 0,
      ...(signal && { signal }),
    });
    const code = response.statusCode ?? 0;
    if (code >= 300) throw new KubeStatusError(code, await readText(response), `WATCH ${resource.plural}`);
    return response;
  }

  /** Server-side apply with force: the fields in `object` become this manager's. Returns the object as stored. */
  async function apply<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions,
    subresource?: 'status',
  ): Promise<T> {
    const { namespace, name } = object.metadata;
    const path = pathOf(resource, namespace, name) + (subresource === undefined ? '' : `/${subresource}`);
    const body = { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
    const query = {
      fieldManager: options.fieldManager,
      force: 'true',
      fieldValidation: 'Strict',
      dryRun: options.dryRun === true ? 'All' : undefined,
    };
    const { signal } = options;
    return json<T>({
      method: 'PATCH',
      path,
      query,
      body,
      contentType: 'application/apply-patch+yaml',
      ...(signal && { signal }),
    });
  }

  /** Applies the status. `metadata.resourceVersion` in `object` is the precondition: another write in between answers 409. */
  const applyStatus = <T extends KubeObject>(resource: Resource, object: T, options: WriteOptions): Promise<T> =>
    apply(resource, object, options, 'status');

  /**
   * Writes the whole object as it was read: `metadata.resourceVersion` is the precondition, and without one the object must
   * not exist yet. Whoever comes second is answered 409.
   */
  async function replace<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions): Promise<T> {
    const { namespace, name, resourceVersion } = object.metadata;
    if (resourceVersion === undefined) return create(resource, object, options);
    const { fieldManager, signal } = options;
    return json<T>({
      method: 'PUT',
      path: pathOf(resource, namespace, name),
      query: { fieldManager, fieldValidation: 'Strict' },
      body: object,
      ...(signal && { signal }),
    });
  }

  async function create<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions): Promise<T> {
    const path = pathOf(resource, object.metadata.namespace);
    const query = {
      fieldManager: options.fieldManager,
      fieldValidation: 'Strict',
      dryRun: options.dryRun === true ? 'All' : undefined,
    };
    const { signal } = options;
    return json<T>({ method: 'POST', path, query, body: object, ...(signal && { signal }) });
  }

  /** JSON merge patch (RFC 7386). Put `metadata.resourceVersion` or `metadata.uid` into it for a precondition. */
  async function mergePatch<T extends KubeObject>(at: ObjectRef, patch: unknown, options: WriteOptions): Promise<T> {
    const { signal } = options;
    return json<T>({
      method: 'PATCH',
      path: pathOf(at.resource, at.namespace, at.name),
      query: { fieldManager: options.fieldManager },
      body: patch,
      contentType: 'application/merge-patch+json',
      ...(signal && { signal }),
    });
  }

  /** Asks for deletion of that very object (by UID when known); one that is gone, or replaced by a namesake, is done. */
  async function remove(at: ObjectRef, { propagation = 'Background', signal }: DeleteOptions = {}): Promise<void> {
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: propagation,
      ...(at.uid !== undefined && { preconditions: { uid: at.uid } }),
    };
    const path = pathOf(at.resource, at.namespace, at.name);
    await text({ method: 'DELETE', path, body, ...(signal && { signal }) }).catch((error: unknown) => {
      const replaced = at.uid !== undefined && error instanceof KubeStatusError && error.code === 409;
      if (!isNotFound(error) && !replaced) throw error;
    });
  }

  /** A container's log as text. The server answers 400 while the container has not started. */
  async function logs(pod: { namespace: string; name: string }, options: LogOptions): Promise<string> {
    const { container, tailLines, limitBytes, signal } = options;
    const query = { container, tailLines: tailLines?.toString(), limitBytes: limitBytes?.toString() };
    return text({
      method: 'GET',
      path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/log`,
      query,
      ...(signal && { signal }),
    });
  }

  /** A container's log as it is written, until the container ends or `signal` aborts; the caller reads and ends it. */
  async function followLogs(
    pod: { namespace: string; name: string },
    { container, tailLines, signal }: LogOptions,
  ): Promise<IncomingMessage> {
    const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log`;
    const query = { container, follow: 'true', tailLines: tailLines?.toString() };
    const response = await send({ method: 'GET', path, query, deadlineMs: 0, ...(signal && { signal }) });
    const code = response.statusCode ?? 0;
    if (code >= 300) throw new KubeStatusError(code, await readText(response), `GET ${path}`);
    return response;
  }

  return {
    get,
    page,
    list,
    watch,
    apply,
    applyStatus,
    create,
    replace,
    mergePatch,
    remove,
    logs,
    followLogs,
    json,
    close,
  };
}
