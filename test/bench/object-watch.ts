import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import type { Resource } from '../../shared/kube/resources.ts';

export interface ObjectWatch {
  stop(): void;
  /** Rejects when the watch could not go on; resolves after `stop`. */
  readonly ended: Promise<void>;
}

export interface WatchScope {
  namespace?: string;
  fieldSelector?: string;
  labelSelector?: string;
}

/** What becomes of an event: `wanted` decides on the raw line, before it is parsed, because most of a burst is noise. */
export interface WatchReader<T extends KubeObject> {
  wanted(line: string): boolean;
  seen(object: T, at: number): void;
}

const HOUR_SECONDS = 3600;

export const isAdded = (line: string): boolean => line.startsWith('{"type":"ADDED"');
export const isModified = (line: string): boolean => line.startsWith('{"type":"MODIFIED"');

/**
 * Watches from now on. `seen` gets the object and the time of its line's arrival (`performance.now()`). An API server drops a
 * watch that falls behind; it is taken up after its last event, so that none is missed, only late.
 */
export async function watchObjects<T extends KubeObject>(
  kube: KubeClient,
  resource: Resource,
  scope: WatchScope,
  reader: WatchReader<T>,
): Promise<ObjectWatch> {
  const abort = new AbortController();
  const { signal } = abort;
  const { metadata } = await kube.page(resource, { ...scope, limit: 1 });
  let resourceVersion = metadata.resourceVersion ?? '';
  const open = () => kube.watch(resource, { ...scope, resourceVersion, timeoutSeconds: HOUR_SECONDS, signal });

  const read = async (stream: Awaited<ReturnType<typeof open>>): Promise<void> => {
    let last = '';
    const lines = createInterface({ input: stream });
    lines.on('line', (line) => {
      const at = performance.now();
      last = line;
      if (line.startsWith('{"type":"ERROR"')) stream.destroy(new Error(line));
      else if (reader.wanted(line)) reader.seen((JSON.parse(line) as { object: T }).object, at);
    });
    // The lines repeat the error of their stream.
    lines.on('error', () => undefined);
    await once(stream, 'close', { signal });
    if (stream.errored !== null) throw new Error(`The watch of ${resource.plural} broke`, { cause: stream.errored });
    resourceVersion = /"resourceVersion":"(\d+)"/.exec(last)?.[1] ?? resourceVersion;
  };
  const first = await open();
  const follow = async (): Promise<void> => {
    for (let stream = first; ; stream = await open()) await read(stream);
  };
  const ended = follow().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  // Whoever waits for objects races with it; until then it must not count as unhandled.
  ended.catch(() => undefined);
  return { stop: () => abort.abort(), ended };
}
