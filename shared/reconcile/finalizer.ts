import type { ObjectMeta } from '../kube/objects.ts';
import type { Action } from './plan.ts';

/** Puts a finalizer on the primary, before anything that it answers for; a patch, so that nothing of the spec is written [CTL-WX1]. */
export function claim({ finalizers = [] }: ObjectMeta, finalizer: string): Action[] {
  if (finalizers.includes(finalizer)) return [];
  return [{ verb: 'patchMetadata', metadata: { finalizers: [...finalizers, finalizer] } }];
}

/** Lets a primary that is being deleted go, once all that its finalizer answers for is done. */
export function release({ finalizers = [] }: ObjectMeta, finalizer: string): Action[] {
  if (!finalizers.includes(finalizer)) return [];
  return [{ verb: 'patchMetadata', metadata: { finalizers: finalizers.filter((one) => one !== finalizer) } }];
}
