import { KINDS } from '../../crds/group.ts';
import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';
import type { ObjectKey, ObserveContext } from '../../shared/reconcile/reconciler.ts';
import type { Observed } from './observed.ts';

/** Two reads; the API server picks out the instances, and of those only metadata comes. */
export async function observePolicy(key: ObjectKey, { kube, signal }: ObserveContext): Promise<Observed> {
  const { namespace, name } = key;
  const fieldSelector = `spec.policyRef=${name}`;
  const [primary, bound] = await Promise.all([
    kube.get<SympoziumPolicy>(KINDS.SympoziumPolicy, key, { signal }),
    kube.list(KINDS.SympoziumInstance, { namespace, fieldSelector, metadataOnly: true, signal }),
  ]);
  if (primary === undefined) return { stage: 'gone', primary };
  return { stage: 'standing', primary, bound: bound.items.length };
}
