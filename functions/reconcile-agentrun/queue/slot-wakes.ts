import type { AgentRun } from '../../../crds/agentrun.ts';
import type { BusEnvelope } from '../../../shared/bus/subjects.ts';
import { slotSubject } from '../../../shared/bus/subjects.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import type { ConcurrencyLimit, Queue, QueuedRun } from './queue.ts';
import { firstInLine, turnOf } from './slots.ts';

/**
 * Messages that wake the runs next in line. They only make a pass come sooner: a waiting run looks again by itself, and the sweep
 * looks at the first of each line.
 */
export function wakesAtEnd(run: AgentRun, queue: Queue | undefined): Action[] {
  if (queue === undefined) return [];
  const others = { ...queue, runs: queue.runs.filter(({ uid }) => uid !== run.metadata.uid) };
  return firstInLine(run.spec.instanceRef, others).map((next) => wake(run, next, 'ended'));
}

/** Two slots that are freed at once wake the same run: the one that starts wakes the next while slots are left. */
export function wakesAfterStart(run: AgentRun, limits: readonly ConcurrencyLimit[], queue: Queue): Action[] {
  const after = { ...queue, taken: [...queue.taken, run.metadata.uid ?? ''] };
  return firstInLine(run.spec.instanceRef, after)
    .filter(({ uid }) => turnOf(uid, limits, after).kind === 'start')
    .map((next) => wake(run, next, 'started'));
}

function wake({ metadata, spec }: AgentRun, next: QueuedRun, event: 'started' | 'ended'): Action {
  const { name, namespace = '', uid = '', creationTimestamp = '' } = metadata;
  const payload: BusEnvelope = {
    topic: 'agent.run.slot',
    // Of the cause and not of the pass, so that a repeat is the same message.
    timestamp: creationTimestamp,
    metadata: { agentRunID: next.name, instanceName: spec.instanceRef, namespace },
    data: { [event]: name },
  };
  const subject = slotSubject({ namespace, name: next.name, uid: next.uid });
  return { verb: 'publish', message: { id: `${uid}-${event}-${next.uid}`, subject, payload } };
}
