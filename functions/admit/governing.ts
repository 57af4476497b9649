import { KINDS } from '../../crds/group.ts';
import type { SkillPack } from '../../crds/skillpack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import type { Resource } from '../../shared/kube/resources.ts';

/** What a run is judged by; plain JSON. */
export interface Governing {
  instance: SympoziumInstance | undefined;
  policy: SympoziumPolicy | undefined;
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
  /** As it is now: two reads, and one for each pack when a policy is bound. */
  live(wanted: Wanted, signal: AbortSignal): Promise<Governing>;
}

/**
 * Long enough that a burst of runs reads its policy once. Only what is allowed rests on it: a refusal is confirmed live, so that a
 * run may follow its instance at once, and a run that a stricter policy would refuse is refused when it starts [CTL-WA5].
 */
const FRESH_MS = 2_000;
const MOST_KEPT = 2_000;

export function createGoverningReader(kube: KubeClient, now: () => number): GoverningReader {
  const kept = new Map<string, { object: KubeObject; at: number }>();

  async function read<T extends KubeObject>(
    resource: Resource,
    key: { namespace: string; name: string },
    { fresh, signal }: { fresh: boolean; signal: AbortSignal },
  ): Promise<T | undefined> {
    if (key.name === '') return undefined;
    const id = `${resource.plural}/${key.namespace}/${key.name}`;
    const known = kept.get(id);
    if (!fresh && known !== undefined && now() - known.at < FRESH_MS) return known.object as T;
    const at = now();
    const object = await kube.get<T>(resource, key, { signal });
    if (kept.size >= MOST_KEPT) kept.clear();
    if (object === undefined) kept.delete(id);
    else kept.set(id, { object, at });
    return object;
  }

  async function governing(wanted: Wanted, how: { fresh: boolean; signal: AbortSignal }): Promise<Governing> {
    const { namespace } = wanted;
    const instance = await read<SympoziumInstance & KubeObject>(
      KINDS.SympoziumInstance,
      { namespace, name: wanted.instance },
      how,
    );
    const policyRef = instance?.spec.policyRef ?? '';
    const policy = await read<SympoziumPolicy & KubeObject>(KINDS.SympoziumPolicy, { namespace, name: policyRef }, how);
    const names = policy === undefined ? [] : wanted.packs;
    const packs = await Promise.all(
      names.map((name) => read<SkillPack & KubeObject>(KINDS.SkillPack, { namespace, name }, how)),
    );
    return { instance, policy, packs: packs.filter((pack) => pack !== undefined) };
  }

  return {
    recent: (wanted, signal) => governing(wanted, { fresh: false, signal }),
    live: (wanted, signal) => governing(wanted, { fresh: true, signal }),
  };
}
