import type { KubeClient, WatchEvent } from '../../../shared/kube/client.ts';
import type { KubeList, KubeObject } from '../../../shared/kube/objects.ts';
import type { Resource } from '../../../shared/kube/resources.ts';
import { isGone, isNotFound, KubeStatusError, KubeUnreachableError } from '../../../shared/kube/status-error.ts';
import { createBackoff } from '../queue/backoff.ts';
import { type Clock, pause } from '../queue/clock.ts';
import type { Tracker } from './tracker.ts';
import { createWatchdog, GarbledWatchError, readEvents, SilentWatchError } from './watch-stream.ts';

/** Times in milliseconds; the defaults are client-go's reflector's, the silence two missed bookmarks and a half. */
export interface WatchTiming {
  backoff: { minMs: number; maxMs: number; healthyMs: number };
  silenceMs: number;
  /** After how long a list is made though nothing is wrong: insurance, not a mechanism. */
  resyncMs: number;
  /** How long the server shall keep one stream open, in seconds, and half of that at random on top. */
  streamSeconds: number;
  /** A stream that ends sooner than this counts as a failure, so that it is not opened again at once. */
  shortMs: number;
  /** How long a kind that the cluster lacks is left alone. */
  absentMs: number;
}

const WATCH_TIMING: WatchTiming = {
  backoff: { minMs: 800, maxMs: 30_000, healthyMs: 120_000 },
  silenceMs: 150_000,
  resyncMs: 36_000_000,
  streamSeconds: 300,
  shortMs: 1_000,
  absentMs: 60_000,
};

export type WatchTrouble = 'expired' | 'garbled' | 'silent' | 'unreachable' | 'refused' | 'broken' | 'short';

export interface WatchObserver {
  listed(): void;
  /** The cluster does not have the kind, as it may; the loop looks again now and then. */
  absent(): void;
  /** The loop goes on by itself after each of these. */
  troubled(trouble: WatchTrouble, error: unknown): void;
}

export interface ListWatchOptions {
  kube: Pick<KubeClient, 'page' | 'watch'>;
  resource: Resource;
  labelSelector?: string | undefined;
  /** The cluster may lack the kind: that is no trouble, and nobody waits for it. */
  optional?: boolean;
  tracker: Tracker;
  observer: WatchObserver;
  clock: Clock;
  random: () => number;
  timing?: WatchTiming;
}

export type ListWatch = ReturnType<typeof createListWatch>;

/** After so many failures in a row of watching on from the same version, that version is no longer trusted. */
const FAILURES_UNTIL_LIST = 3;

/** Lists, watches on from there, and starts over whenever it must, until it is stopped. No error ends it. */
export function createListWatch(options: ListWatchOptions) {
  const { kube, resource, labelSelector, optional = false, tracker, observer, clock, random } = options;
  const { timing = WATCH_TIMING } = options;
  const stopping = new AbortController();
  const scope = labelSelector === undefined ? {} : { labelSelector };
  const backoff = createBackoff(timing.backoff, clock, random);
  let attempt: AbortController | undefined;
  let synced = false;
  /** Where the watch goes on; undefined means that a list is due. */
  let version: string | undefined;
  let failures = 0;
  /** The attempt under way has brought something: an API server also ends the streams of slow readers. */
  let advanced = false;
  let listAt = 0;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const startedAt = clock.now();
      advanced = false;
      const error = await step().then(
        () => undefined,
        (thrown: unknown) => thrown ?? new Error('Unknown failure'),
      );
      if (stopping.signal.aborted) return;
      if (error === undefined && (advanced || clock.now() - startedAt >= timing.shortMs)) {
        failures = 0;
        continue;
      }
      if (optional && isNotFound(error)) {
        version = undefined;
        synced = true;
        observer.absent();
        await pause(clock, timing.absentMs, stopping.signal);
        continue;
      }
      recover(error);
      await pause(clock, backoff.next(), stopping.signal);
    }
  }

  /** One stream, after a list where one is due. */
  async function step(): Promise<void> {
    if (version === undefined || clock.now() >= listAt) version = await list();
    await stream();
  }

  function recover(error: unknown): void {
    const trouble = classifyTrouble(error);
    failures += 1;
    const lost = trouble === 'expired' || trouble === 'garbled' || trouble === 'unreachable';
    if (lost || failures >= FAILURES_UNTIL_LIST) version = undefined;
    observer.troubled(trouble, error);
  }

  async function list(): Promise<string> {
    tracker.listStarted();
    let next: string | undefined;
    let listed = '';
    do {
      attempt = new AbortController();
      const part: KubeList<KubeObject> = await kube.page(resource, {
        ...scope,
        ...(next !== undefined && { continue: next }),
        signal: attempt.signal,
      });
      for (const item of part.items) tracker.listedObject(item);
      listed = part.metadata.resourceVersion ?? '';
      next = part.metadata.continue === '' ? undefined : part.metadata.continue;
    } while (next !== undefined && !stopping.signal.aborted);
    tracker.listEnded();
    listAt = clock.now() + timing.resyncMs * (1 + random() / 2);
    failures = 0;
    synced = true;
    observer.listed();
    return listed;
  }

  async function stream(): Promise<void> {
    const control = new AbortController();
    attempt = control;
    let silent = false;
    const watchdog = createWatchdog(clock, timing.silenceMs, () => {
      silent = true;
      control.abort();
    });
    try {
      const timeoutSeconds = Math.round(timing.streamSeconds * (1 + random()));
      const from = { ...scope, resourceVersion: version ?? '', timeoutSeconds, signal: control.signal };
      const response = await kube.watch(resource, from);
      for await (const event of readEvents(response, watchdog)) apply(event);
    } catch (error) {
      throw silent ? new SilentWatchError('The watch went silent', { cause: error }) : error;
    } finally {
      watchdog.stop();
      // Leaving the loop early must not leave the connection open.
      control.abort();
    }
  }

  function apply({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      const status = object as unknown as { code?: number };
      throw new KubeStatusError(status.code ?? 500, JSON.stringify(object), `WATCH ${resource.plural}`);
    }
    if (type === 'DELETED') tracker.deleted(object);
    else if (type !== 'BOOKMARK') tracker.changed(object);
    version = object.metadata.resourceVersion ?? version;
    failures = 0;
    advanced = true;
  }

  return {
    start: (): void => void run(),
    stop(): void {
      stopping.abort();
      attempt?.abort();
    },
    synced: (): boolean => synced,
  };
}

function classifyTrouble(error: unknown): WatchTrouble {
  if (error === undefined) return 'short';
  if (isGone(error)) return 'expired';
  if (error instanceof GarbledWatchError) return 'garbled';
  if (error instanceof SilentWatchError) return 'silent';
  if (error instanceof KubeUnreachableError) return 'unreachable';
  return error instanceof KubeStatusError ? 'refused' : 'broken';
}
