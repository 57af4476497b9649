import { KINDS } from '../../crds/group.ts';
import type { SkillPack } from '../../crds/skillpack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { firstFound, type ReadObject } from '../../shared/kube/first-found.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { type Floor, observeFloor } from '../../shared/policy/floor.ts';
import type { AdmitConfig } from './config.ts';

/** What a run is judged by; plain JSON. */
export interface Governing {
  instance: SympoziumInstance | undefined;
  /** Undefined also when the instance names none. */
  policy: SympoziumPolicy | undefined;
  /** The policy of the namespace; undefined when nobody names one. */
  floor: Floor | undefined;
  /** The SkillPacks of the run that exist. */
  packs: readonly SkillPack[];
}

interface Wanted {
  namespace: string;
  instance: string;
  packs: readonly string[];
}

export interface GoverningReader {
  /** As it was at most `FRESH_MS` ago. */
  recent(wanted: Wanted, signal: AbortSignal): Promise<Governing>;
  /** As it is now: instance and namespace, the policies, and each pack when there is a policy. */
  live(wanted: Wanted, signal: AbortSignal): Promise<Governing>;
}

/**
 * Long enough that a burst of runs reads its policy once. Only what is allowed rests on it: a refusal is confirmed live, so that a
 * run may follow its instance at once, and a run that a stricter policy would refuse is refused when it starts [CTL-WA5].
 */
const FRESH_MS = 2_000;
/** Older than this, it is read again while it still serves: under load nobody waits for a read. */
const REFRESH_MS = 1_000;
const READ_MS = 4_000;
const MOST_KEPT = 2_000;

interface Kept {
  object: KubeObject | undefined;
  at: number;
}

export function createGoverningReader(kube: KubeClient, config: AdmitConfig, now: () => number): GoverningReader {
  const kept = new Map<string, Kept>();
  const reads = new Map<string, Promise<KubeObject | undefined>>();

  async function load(id: string, [resource, key]: Parameters<ReadObject>, signal: AbortSignal) {
    const at = now();
    const object = await kube.get(resource, key, { signal });
    if (kept.size >= MOST_KEPT) kept.clear();
    // A read that was overtaken tells nothing new.
    if ((kept.get(id)?.at ?? 0) <= at) kept.set(id, { object, at });
    return object;
  }

  /** One read for all who wait for it, whose end is not up to any of them. */
  function loadOnce(id: string, what: Parameters<ReadObject>): Promise<KubeObject | undefined> {
    const under = reads.get(id);
    if (under !== undefined) return under;
    const read = load(id, what, AbortSignal.timeout(READ_MS)).finally(() => reads.delete(id));
    reads.set(id, read);
    return read;
  }

  /** Absence is remembered, too: most namespaces have no policy of their own. */
  function recently(
    id: string,
    what: Parameters<ReadObject>,
  ): Promise<KubeObject | undefined> | KubeObject | undefined {
    const known = kept.get(id);
    if (known === undefined || now() - known.at >= FRESH_MS) return loadOnce(id, what);
    // Whoever comes once it is too old hears why it could not be read.
    if (now() - known.at >= REFRESH_MS) loadOnce(id, what).catch(() => undefined);
    return known.object;
  }

  function reading({ fresh, signal }: { fresh: boolean; signal: AbortSignal }): ReadObject {
    return async <T extends KubeObject>(...what: Parameters<ReadObject>): Promise<T | undefined> => {
      const [resource, { namespace, name }] = what;
      const id = `${resource.plural}/${namespace}/${name}`;
      return (await (fresh ? load(id, what, signal) : recently(id, what))) as T | undefined;
    };
  }

  async function governing(wanted: Wanted, how: { fresh: boolean; signal: AbortSignal }): Promise<Governing> {
    const { namespace } = wanted;
    const read = reading(how);
    const [instance, floor] = await Promise.all([
      read<SympoziumInstance>(KINDS.SympoziumInstance, { namespace, name: wanted.instance }),
      observeFloor(namespace, config, read),
    ]);
    const name = instance?.spec.policyRef ?? '';
    // The built-in ones are in the system's namespace [CTL-WA7].
    const namespaces = [namespace, config.SYMPOZIUM_SYSTEM_NAMESPACE];
    const policy =
      name === '' ? undefined : await firstFound<SympoziumPolicy>(read, KINDS.SympoziumPolicy, name, namespaces);
    const names = policy === undefined && floor === undefined ? [] : wanted.packs;
    const packs = await Promise.all(
      names.map((pack) => firstFound<SkillPack>(read, KINDS.SkillPack, pack, namespaces)),
    );
    return { instance, policy, floor, packs: packs.filter((pack) => pack !== undefined) };
  }

  return {
    recent: (wanted, signal) => governing(wanted, { fresh: false, signal }),
    live: (wanted, signal) => governing(wanted, { fresh: true, signal }),
  };
}
