import { fitName, LABEL_MAX } from '../../../shared/kube/names.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import { type CompiledField, fingerprint } from './projection.ts';

/** Who is told of the changes of one watch's objects. */
export interface Subscriber {
  fields: readonly CompiledField[];
  /** The key of the primary that the object concerns, if any; for a primary its own. */
  primaryOf: (object: KubeObject, key: string) => string | undefined;
  /** A change that matters to the primary of this key. */
  changed: (primary: string) => void;
  /** For primaries: the object has left the watch. Children that leave count as changed. */
  gone?: (primary: string) => void;
  /** Whoever is told makes these objects itself: the event of a creation tells nothing. */
  madeHere?: boolean;
}

/** Per object and subscriber nothing is kept but this, so memory does not grow with the size of objects. */
interface Seen {
  print: string;
  primary: string | undefined;
}

export type Tracker = ReturnType<typeof createTracker>;

/** `<namespace>/<name>`; objects of the cluster have an empty namespace. */
function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Knows the objects of one list-watch well enough to tell which changes matter, also those missed between two lists. */
export function createTracker(subscribers: readonly Subscriber[]) {
  const objects = new Map<string, Seen[]>();
  /** Names too long for a label value, by what a label holds instead of them. */
  const longNames = new Map<string, string>();
  let listed: Set<string> | undefined;

  function observe(object: KubeObject, fresh: boolean): void {
    const key = keyOf(object);
    const before = objects.get(key);
    const after = subscribers.map(({ fields, primaryOf }) => ({
      print: fingerprint(object, fields),
      primary: primaryOf(object, key),
    }));
    objects.set(key, after);
    const short = labelKeyOf(key);
    if (short !== key) longNames.set(short, key);
    for (const [index, subscriber] of subscribers.entries()) {
      // A listed primary always gets its pass: lists come at the start and after a gap, when a pass is the safe thing.
      const due = fresh && subscriber.gone !== undefined;
      const ownWork = subscriber.madeHere === true && before === undefined && !fresh;
      if (!ownWork) tell(subscriber, before?.[index], after[index], due);
    }
  }

  function tell({ changed }: Subscriber, before: Seen | undefined, after: Seen | undefined, due: boolean): void {
    if (!due && before?.print === after?.print && before?.primary === after?.primary) return;
    if (after?.primary !== undefined) changed(after.primary);
    if (before?.primary !== undefined && before.primary !== after?.primary) changed(before.primary);
  }

  function forget(key: string): void {
    const before = objects.get(key);
    if (before === undefined) return;
    objects.delete(key);
    longNames.delete(labelKeyOf(key));
    for (const [index, { changed, gone }] of subscribers.entries()) {
      const primary = before[index]?.primary;
      if (primary !== undefined) (gone ?? changed)(primary);
    }
  }

  return {
    listStarted(): void {
      listed = new Set();
    },
    listedObject(object: KubeObject): void {
      listed?.add(keyOf(object));
      observe(object, true);
    },
    /** Objects that the list did not have went while nobody watched. */
    listEnded(): void {
      for (const key of [...objects.keys()]) if (listed?.has(key) === false) forget(key);
      listed = undefined;
    },
    changed: (object: KubeObject): void => observe(object, false),
    deleted: (object: KubeObject): void => forget(keyOf(object)),
    /** The key of the object of this name, or of the long name that a label value stands for. */
    resolve(key: string): string | undefined {
      return objects.has(key) ? key : longNames.get(key);
    },
    size: (): number => objects.size,
  };
}

/** The key with its name as a label value holds it. */
function labelKeyOf(key: string): string {
  const slash = key.indexOf('/') + 1;
  return key.length - slash <= LABEL_MAX ? key : key.slice(0, slash) + fitName(key.slice(slash));
}
