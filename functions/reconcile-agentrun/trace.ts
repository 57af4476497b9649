import { ANNOTATIONS } from '../../crds/labels.ts';
import type { Resolving } from './observed.ts';
import { hasFinalizer } from './stage.ts';

/**
 * A run that nobody created within a trace joins that of its first pass: its pod and all its later passes then do too, since
 * the annotation is stored with the finalizer, in the same write [RUN-W38]. Not later, when its pod may already be there.
 */
export function joined<Seen extends Resolving>(seen: Seen): Seen {
  const { primary, traceparent } = seen;
  const { metadata } = primary;
  const annotations = metadata.annotations ?? {};
  if (traceparent === undefined || hasFinalizer(metadata.finalizers) || annotations[ANNOTATIONS.traceparent])
    return seen;
  const traced = { ...metadata, annotations: { ...annotations, [ANNOTATIONS.traceparent]: traceparent } };
  return { ...seen, primary: { ...primary, metadata: traced } };
}
