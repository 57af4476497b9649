import { API_VERSION } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { fitName } from '../../shared/kube/names.ts';
import { controllerReference, isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';

const NAME_MAX = 253;

/** As in the original [CTL-088]; who owns the object tells apart what one name may stand for twice. */
export const scheduleNameOf = (instance: SympoziumInstance, name: string): string =>
  fitName(`${instance.metadata.name}-${name}`, NAME_MAX);

/** A schedule that an agent has for its own instance, which goes when that does [CTL-088] [CTL-WT5]. */
export function scheduleFor(
  instance: SympoziumInstance,
  name: string,
  { schedule, task }: { schedule: string; task: string },
): SympoziumSchedule & KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'SympoziumSchedule',
    metadata: {
      name: scheduleNameOf(instance, name),
      namespace: instance.metadata.namespace ?? '',
      labels: { [LABELS.instance]: fitName(instance.metadata.name), [LABELS.source]: 'agent' },
      ownerReferences: [controllerReference(instance)],
    },
    spec: {
      instanceRef: instance.metadata.name,
      schedule,
      task,
      type: 'heartbeat',
      concurrencyPolicy: 'Forbid',
      includeMemory: true,
    },
  };
}

/**
 * Whether agents of the instance may change the schedule: they made it. Those that the original made have no owner, and say by
 * label and reference whose they are [CTL-WT2].
 */
export function isOfAgents(schedule: SympoziumSchedule, instance: SympoziumInstance): boolean {
  const { labels, ownerReferences = [] } = schedule.metadata;
  const { name } = instance.metadata;
  const named = labels?.[LABELS.instance] === fitName(name) && schedule.spec.instanceRef === name;
  const owned = ownerReferences.length === 0 || isControlledBy(schedule, instance);
  return labels?.[LABELS.source] === 'agent' && named && owned;
}
