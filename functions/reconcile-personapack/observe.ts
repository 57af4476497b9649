import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { fitName, isDnsSubdomain } from '../../shared/kube/names.ts';
import { controllerOf, isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS, type Resource } from '../../shared/kube/resources.ts';
import type { ObjectKey, ObserveContext } from '../../shared/reconcile/reconciler.ts';
import { personaInstanceOf, personaScheduleOf } from './names.ts';
import type { Observed } from './observed.ts';

/** Four reads, and one more for each object that is still to be made. */
export async function observePack(key: ObjectKey, context: ObserveContext): Promise<Observed> {
  const { kube, signal } = context;
  const primary = await kube.get<PersonaPack>(KINDS.PersonaPack, key, { signal });
  if (primary === undefined) return { stage: 'gone', primary };
  const { namespace, name } = key;
  const labelSelector = `${LABELS.personaPack}=${fitName(name)}`;
  const memories = `${labelSelector},${LABELS.memory}=true`;
  const [instances, schedules, seeds] = await Promise.all([
    kube.list<SympoziumInstance>(KINDS.SympoziumInstance, { namespace, labelSelector, signal }),
    kube.list<SympoziumSchedule>(KINDS.SympoziumSchedule, { namespace, labelSelector, signal }),
    kube.list(CONFIG_MAPS, { namespace, labelSelector: memories, metadataOnly: true, signal }),
  ]);
  const own = {
    instances: instances.items.filter((one) => isControlledBy(one, primary)),
    schedules: schedules.items.filter((one) => isControlledBy(one, primary)),
    seeds: seeds.items.filter((one) => controllerOf(one) === undefined || isControlledBy(one, primary)),
  };
  const deleting = primary.metadata.deletionTimestamp !== undefined;
  const taken = deleting ? [] : await takenNames(primary, own, context);
  return { stage: deleting ? 'deleting' : 'standing', primary, ...own, taken };
}

/** Before an object is made, its name is looked up: an apply would take over whatever has it [CTL-WP1]. */
async function takenNames(
  { metadata, spec }: PersonaPack,
  own: { instances: KubeObject[]; schedules: KubeObject[] },
  { kube, signal }: ObserveContext,
): Promise<string[]> {
  if (spec.enabled !== true) return [];
  const has = (objects: KubeObject[], name: string) => objects.some((one) => one.metadata.name === name);
  const personas = spec.personas.filter(({ name }) => spec.excludePersonas?.includes(name) !== true);
  const wanted = personas.flatMap(({ name, schedule }): [Resource, string][] => {
    const instance = personaInstanceOf(metadata.name, name);
    const timed = personaScheduleOf(metadata.name, name);
    return [
      ...(has(own.instances, instance) ? [] : [[KINDS.SympoziumInstance, instance] as [Resource, string]]),
      ...(schedule === undefined || has(own.schedules, timed)
        ? []
        : [[KINDS.SympoziumSchedule, timed] as [Resource, string]]),
    ];
  });
  const { namespace = '' } = metadata;
  const looked = await Promise.all(
    wanted
      .filter(([, name]) => isDnsSubdomain(name))
      .map(async ([resource, name]) => {
        const found = await kube.get(resource, { namespace, name }, { metadataOnly: true, signal });
        return found === undefined ? [] : [`${resource.kind}/${name}`];
      }),
  );
  return looked.flat();
}
