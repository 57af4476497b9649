import type { KubeClient } from '../../../shared/kube/client.ts';
import type { Resource } from '../../../shared/kube/resources.ts';
import type { ChildWatch, PrimaryWatch } from '../../../shared/manifest.ts';
import type { RelayFunction } from '../config.ts';
import type { Clock } from '../queue/clock.ts';
import { createListWatch, type ListWatch, type WatchObserver, type WatchTiming } from './list-watch.ts';
import { namedPrimary } from './map-child.ts';
import { compileField } from './projection.ts';
import { createTracker, type Subscriber, type Tracker } from './tracker.ts';

/** Where a function's keys go. */
interface KeySink {
  add(key: string): void;
  /** The primary has left the watch: nothing is due for it any more. */
  drop(key: string): void;
}

export interface WatchesOptions {
  kube: Pick<KubeClient, 'page' | 'watch'>;
  functions: readonly RelayFunction[];
  sinkOf: (functionName: string) => KeySink;
  observe: (resource: Resource) => WatchObserver;
  clock: Clock;
  random: () => number;
  timing?: WatchTiming;
}

type WatchedKind = PrimaryWatch & Pick<ChildWatch, 'optional'>;

interface Source {
  watch: WatchedKind;
  subscribers: Subscriber[];
  tracker: Tracker;
  /** Functions that need this source. */
  users: Set<string>;
  loop: ListWatch;
}

/** One list-watch per distinct resource and selector, shared by the functions that watch the same. */
export function createWatches({ functions, sinkOf, ...rest }: WatchesOptions) {
  const sources = new Map<string, Source>();

  function sourceOf(watch: WatchedKind, user: string): Source {
    const id = sourceId(watch);
    const known = sources.get(id);
    known?.users.add(user);
    if (known !== undefined) return known;
    const subscribers: Subscriber[] = [];
    const tracker = createTracker(subscribers);
    const { resource, labelSelector, optional = false } = watch;
    const observer = rest.observe(resource);
    const loop = createListWatch({ ...rest, resource, labelSelector, optional, tracker, observer });
    const source: Source = { watch, subscribers, tracker, users: new Set([user]), loop };
    sources.set(id, source);
    return source;
  }

  const primaries = new Map<string, Tracker>();
  for (const { name, reconciles } of functions) {
    if (reconciles === undefined) continue;
    const sink = sinkOf(name);
    const primary = sourceOf(reconciles.primary, name);
    primaries.set(name, primary.tracker);
    primary.subscribers.push(primarySubscriber(reconciles.primary, sink));
    for (const child of reconciles.children) {
      const { subscribers } = sourceOf(child, name);
      subscribers.push(childSubscriber(child, reconciles.primary, primary.tracker, sink));
    }
  }

  const loopsOf = (user: string): ListWatch[] =>
    [...sources.values()].filter(({ users }) => users.has(user)).map(({ loop }) => loop);

  return {
    start: (): void => {
      for (const { loop } of sources.values()) loop.start();
    },
    stop: (): void => {
      for (const { loop } of sources.values()) loop.stop();
    },
    syncedFor: (user: string): boolean => loopsOf(user).every((loop) => loop.synced()),
    /** Plurals whose first list is not done. */
    missing: (): string[] =>
      [...sources.values()].flatMap(({ loop, watch }) => (loop.synced() ? [] : [watch.resource.plural])),
    /** Live objects by plural. */
    sizes: (): [string, number][] =>
      [...sources.values()].map(({ watch, tracker }) => [watch.resource.plural, tracker.size()]),
    /** The full key of a live primary of the function; undefined when there is none, and so nothing to do. */
    resolve: (user: string, key: string): string | undefined => primaries.get(user)?.resolve(key),
  };
}

function sourceId({ resource, labelSelector = '' }: PrimaryWatch): string {
  return [resource.group, resource.version, resource.plural, labelSelector].join('|');
}

function primarySubscriber({ wakeOn }: PrimaryWatch, sink: KeySink): Subscriber {
  return {
    fields: wakeOn.map(compileField),
    primaryOf: (_object, key) => key,
    changed: (key) => sink.add(key),
    gone: (key) => sink.drop(key),
  };
}

/**
 * A child wakes its primary only while that is live. One that is not known yet gets its pass when it is, which then reads
 * the child as it is; one that has left needs none.
 */
function childSubscriber(child: ChildWatch, of: PrimaryWatch, primaries: Tracker, sink: KeySink): Subscriber {
  return {
    fields: child.wakeOn.map(compileField),
    primaryOf: (object) => namedPrimary(object, child.mapTo, of.resource.namespaced),
    madeHere: child.madeHere === true,
    changed: (named) => {
      const key = primaries.resolve(named);
      if (key !== undefined) sink.add(key);
    },
  };
}
