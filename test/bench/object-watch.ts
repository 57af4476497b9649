import { createInterface } from 'node:readline';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import type { Resource } from '../../shared/kube/resources.ts';

export interface ObjectWatch {
  stop(): void;
  /** Rejects when the stream broke; never resolves before `stop`. */
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
 * Watches from now on. `seen` gets the object and the time of its line's arrival (`performance.now()`). A stream that breaks is
 * not taken up again: a measurement with a hole in it is none.
 */
export async function watchObjects<T extends KubeObject>(
  kube: KubeClient,
  resource: Resource,
  scope: WatchScope,
  reader: WatchReader<T>,
): Promise<ObjectWatch> {
  const { metadata } = await kube.page(resource, { ...scope, limit: 1 });
  const abort = new AbortController();
  const stream = await kube.watch(resource, {
    ...scope,
    resourceVersion: metadata.resourceVersion ?? '',
    timeoutSeconds: HOUR_SECONDS,
    signal: abort.signal,
  });
  const lines = createInterface({ input: stream });
  lines.on('line', (line) => {
    const at = performance.now();
    if (reader.wanted(line)) reader.seen((JSON.parse(line) as { object: T }).object, at);
  });
  const ended = new Promise<void>((resolve, reject) => {
    const end = (cause?: Error) => {
      if (abort.signal.aborted) resolve();
      else reject(new Error(`The watch of ${resource.plural} broke`, { cause }));
    };
    // The lines repeat the error of their stream.
    lines.on('error', end);
    stream.on('error', end);
    stream.once('close', () => end());
  });
  // Whoever waits for objects races with it; until then it must not count as unhandled.
  ended.catch(() => undefined);
  return { stop: () => abort.abort(), ended };
}
