import type { AgentRun } from '../../../crds/agentrun.ts';
import { ANNOTATIONS, FINALIZERS } from '../../../crds/labels.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import { hasFinalizer } from '../stage.ts';
import { begunNote } from './begun.ts';

/**
 * The finalizer comes before anything that it answers for [RUN-001], the trace before the pod that joins it, and the time when a run
 * began before its Job.
 */
export function claim(run: AgentRun, begins?: Date): Action[] {
  const { finalizers = [], annotations = {} } = run.metadata;
  const added = hasFinalizer(finalizers) ? {} : { finalizers: [...finalizers, FINALIZERS.agentRun] };
  const traceparent = 'finalizers' in added ? annotations[ANNOTATIONS.traceparent] : undefined;
  const notes = {
    ...(traceparent !== undefined && { [ANNOTATIONS.traceparent]: traceparent }),
    ...(begins !== undefined && begunNote(run, ANNOTATIONS.begun, begins)),
  };
  const patch = { ...added, ...(Object.keys(notes).length > 0 && { annotations: notes }) };
  return Object.keys(patch).length === 0 ? [] : [{ verb: 'patchMetadata', metadata: patch }];
}
