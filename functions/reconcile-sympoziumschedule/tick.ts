import { SCHEDULE_PHASES, SCHEDULE_REASONS } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import type { ObjectMeta } from '../../shared/kube/objects.ts';
import type { Action, Plan } from '../../shared/reconcile/plan.ts';
import { agentRunFor } from './agent-run.ts';
import { historyActions } from './history.ts';
import type { Standing } from './observed.ts';
import { runNameOf } from './run-name.ts';
import { type Facts, type ReadyClaim, statusActions } from './status.ts';
import { taskOf } from './task.ts';
import { PASS_SECONDS, type Timing } from './timing.ts';
import { secondsUntil } from './wait.ts';

type Due = Extract<Timing, { kind: 'due' | 'missed' }>;

/** How soon a missing instance, or a refusal, is looked at again. */
export const MISSING_SECONDS = 60;
/** The end of the run that a tick waits for wakes its schedule; this covers an event that was missed. */
const BUSY_SECONDS = 30;

export const SCHEDULED: ReadyClaim = { status: 'True', reason: SCHEDULE_REASONS.scheduled, message: 'Runs are made' };

export function missingInstance({ spec }: SympoziumSchedule): Pick<Facts, 'phase' | 'ready'> {
  const message = `SympoziumInstance "${spec.instanceRef}" does not exist in the namespace; \`instanceRef\` must name one`;
  const ready: ReadyClaim = { status: 'False', reason: SCHEDULE_REASONS.instanceNotFound, message };
  return { phase: SCHEDULE_PHASES.error, ready };
}

/** Makes the run of a tick that is due, or says what it waits for. */
export function planTick(seen: Standing, timing: Due, now: Date): Plan {
  const { primary, instance } = seen;
  const active = seen.active === 'unread' ? [] : seen.active;
  const { since, next } = timing;
  const facts = { since, next, active: active.map(({ name }) => name).sort() };
  if (instance === 'missing' || instance === 'unread') {
    const actions = statusActions(primary, { ...facts, ...missingInstance(primary) }, now);
    return { actions, reason: 'The instance is missing', requeueAfterSeconds: MISSING_SECONDS };
  }
  const name = runNameOf(primary, timing.tick);
  const made = active.some((run) => run.name === name);
  const others = active.filter((run) => run.name !== name);
  const busy = others[0];
  if (primary.spec.concurrencyPolicy === 'Forbid' && !made && busy !== undefined) {
    const message = `The tick of ${timing.tick.toISOString()} waits for the end of run "${busy.name}"`;
    const ready: ReadyClaim = { status: 'True', reason: SCHEDULE_REASONS.waitingForRun, message };
    const actions = statusActions(primary, { ...facts, phase: SCHEDULE_PHASES.active, ready }, now);
    return { actions, reason: message, requeueAfterSeconds: BUSY_SECONDS };
  }
  return {
    actions: [
      ...(made
        ? []
        : [...announced(seen, timing, facts, now), ...replaced(primary, others), creation(seen, timing, instance)]),
      // Before the status, which settles the tick: a pass that is cut in between is made again.
      ...historyActions(primary, seen.ended, now),
      ...recorded(seen, timing, { name, others }, now),
    ],
    reason: `The run of ${timing.tick.toISOString()} is made`,
    requeueAfterSeconds: secondsUntil(timing.at, now),
  };
}

/**
 * Where a pass over another tick may be under way, the tick is written down first: two passes over different ticks then meet at the
 * status, and only one goes on. Otherwise each could find that no other run is under way. That may be when the next tick comes
 * before every pass over this one has surely ended, or an earlier one that has no run came not long enough ago.
 */
function announced(
  { primary }: Standing,
  timing: Due,
  facts: Pick<Facts, 'since' | 'next' | 'active'>,
  now: Date,
): Action[] {
  const { tick, next, following } = timing;
  const near = (from: Date, to: Date): boolean => to.getTime() - from.getTime() < PASS_SECONDS * 1000;
  const overlap = near(now, following) || (next < tick && near(tick, now));
  if (primary.spec.concurrencyPolicy === 'Allow' || !overlap) return [];
  return statusActions(primary, { ...facts, phase: SCHEDULE_PHASES.active, ready: SCHEDULED, starting: tick }, now);
}

/**
 * The runs under way are cancelled, which ends and reports them [CTL-WS3]. They are not deleted: a late pass over their tick would
 * find its name free, and make its run again.
 */
function replaced({ spec, metadata }: SympoziumSchedule, others: readonly ObjectMeta[]): Action[] {
  if (spec.concurrencyPolicy !== 'Replace') return [];
  return others
    .filter(({ deletionTimestamp }) => deletionTimestamp === undefined)
    .map(({ name, uid = '' }) => {
      const target = { resource: KINDS.AgentRun, namespace: metadata.namespace ?? '', name, uid };
      return { verb: 'patch', target, change: { spec: { cancel: true } } };
    });
}

function creation({ primary, memory, traceparent }: Standing, { tick }: Due, instance: SympoziumInstance): Action {
  const object = agentRunFor(primary, { tick, instance, task: taskOf(primary, memory, instance), traceparent });
  return { verb: 'create', resource: KINDS.AgentRun, object };
}

function recorded(
  { primary }: Standing,
  { tick, following }: Due,
  { name, others }: { name: string; others: readonly ObjectMeta[] },
  now: Date,
): Action[] {
  const active = [...others.map((run) => run.name), name].sort();
  const facts = {
    phase: SCHEDULE_PHASES.active,
    ready: SCHEDULED,
    since: tick,
    next: following,
    made: { tick, name },
    active,
  };
  return statusActions(primary, facts, now);
}
