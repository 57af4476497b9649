import type { KubeObject } from '../../../shared/kube/objects.ts';
import type { Resource } from '../../../shared/kube/resources.ts';
import type { KubeReader, KubeWriter } from '../../../shared/reconcile/reconciler.ts';
import { createBus, type WorldBus } from './bus.ts';
import { type Clock, createClock } from './clock.ts';
import { createInterrupt, type Interrupt } from './interrupt.ts';
import { saved } from './json.ts';
import { createKube, type Logs, type Owned } from './kube.ts';
import { createStore, type Store, type Stored } from './store.ts';

/** A cluster, a bus and a clock in memory, without any process: what moves in it, the test moves. */
export interface World {
  clock: Clock;
  store: Store;
  kube: KubeReader & KubeWriter;
  bus: WorldBus;
  logs: Logs;
  /** Kinds that the API server does not serve. */
  missing: Set<Resource>;
  interrupt: Interrupt;
  /** Garbage collection: dependents of owners that are gone, and owners whose foreground deletion is done. */
  collect(): void;
  /** Returns what takes the world back to how it is now, as often as wanted. */
  save(): () => void;
}

export function createWorld(): World {
  const clock = createClock();
  const interrupt = createInterrupt();
  const store = createStore(clock);
  const logs: Logs = new Map();
  const missing = new Set<Resource>();
  const owned: Owned = new Map();
  const bus = createBus(clock, interrupt);
  return {
    clock,
    store,
    logs,
    missing,
    interrupt,
    kube: createKube(store, logs, interrupt, missing, owned),
    bus,
    collect: () => collect(store),
    save: () => {
      const parts = [clock, store, bus, interrupt].map((part) => part.save());
      const maps = [saved(logs), saved(owned)];
      return () => {
        for (const restore of [...parts, ...maps]) restore();
      };
    },
  };
}

function collect(store: Store): void {
  for (let changed = true; changed; ) {
    const all = store.all();
    const alive = new Set(all.map(({ object }) => object.metadata.uid));
    const going = new Set(all.filter(isForeground).map(({ object }) => object.metadata.uid));
    const doomed = all.filter(({ object }) => {
      const owners = object.metadata.ownerReferences ?? [];
      const lost = owners.length > 0 && owners.every(({ uid }) => !alive.has(uid) || going.has(uid));
      return lost && object.metadata.deletionTimestamp === undefined;
    });
    for (const { resource, object } of doomed) store.remove(resource, object);
    const done = all.filter((one) => isForeground(one) && !hasDependents(all, one.object));
    for (const { resource, object } of done) release(store, resource, object);
    changed = doomed.length + done.length > 0;
  }
}

const isForeground = ({ object }: Stored): boolean =>
  object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).includes('foregroundDeletion');

function hasDependents(all: readonly Stored[], owner: KubeObject): boolean {
  return all.some(({ object }) => object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid));
}

function release(store: Store, resource: Stored['resource'], object: KubeObject): void {
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== 'foregroundDeletion');
  store.update(resource, object, { ...object, metadata: { ...object.metadata, finalizers } });
}
