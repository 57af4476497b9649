import { LABELS } from '../../crds/labels.ts';
import type { ObjectMeta } from '../../shared/kube/objects.ts';

/** The finished runs beyond the newest `max` of each instance, oldest first [RUN-117]. */
export function surplus(finished: readonly ObjectMeta[], max: number): ObjectMeta[] {
  const standing = finished.filter(({ deletionTimestamp }) => deletionTimestamp === undefined);
  const byInstance = Map.groupBy(
    standing,
    ({ namespace, labels }) => `${namespace}/${labels?.[LABELS.instance] ?? ''}`,
  );
  return [...byInstance.values()].flatMap((runs) => runs.sort(byAge).slice(0, Math.max(runs.length - max, 0)));
}

function byAge(a: ObjectMeta, b: ObjectMeta): number {
  const [x = '', y = ''] = [a.creationTimestamp, b.creationTimestamp];
  return x === y ? a.name.localeCompare(b.name) : x < y ? -1 : 1;
}
