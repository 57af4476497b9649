import { KINDS } from '../../crds/group.ts';
import type { SkillPack } from '../../crds/skillpack.ts';
import { isControlledBy } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import type { ObjectKey, ObserveContext } from '../../shared/reconcile/reconciler.ts';
import type { ConfigMap } from './config-map.ts';
import type { Observed, Standing } from './observed.ts';

/** Two reads. */
export async function observeSkillPack(key: ObjectKey, { kube, signal }: ObserveContext): Promise<Observed> {
  const [primary, found] = await Promise.all([
    kube.get<SkillPack>(KINDS.SkillPack, key, { signal }),
    kube.get<ConfigMap>(CONFIG_MAPS, key, { signal }),
  ]);
  if (primary === undefined) return { stage: 'gone', primary };
  return { stage: 'standing', primary, configMap: standingOf(found, primary) };
}

function standingOf(found: ConfigMap | undefined, pack: SkillPack): Standing['configMap'] {
  if (found === undefined) return 'absent';
  return isControlledBy(found, pack) ? found : 'foreign';
}
