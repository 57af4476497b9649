/**
 * SympoziumSchedule → one AgentRun for each tick. Decides from what is observed now. The run's name comes from the tick, so that
 * whoever plans the same tick plans the same run; the status is written after it. Pure: the clock comes in as an argument.
 */
import { SCHEDULE_PHASES, SCHEDULE_REASONS } from '../../crds/conditions.ts';
import { FINALIZERS } from '../../crds/labels.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import type { ScheduleProblem } from '../../shared/cron/schedule.ts';
import { claim } from '../../shared/reconcile/finalizer.ts';
import { type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Refusal } from '../../shared/reconcile/reconciler.ts';
import { planDeletion } from './deletion.ts';
import type { Observed, Standing } from './observed.ts';
import { activeNames, type Facts, type ReadyClaim, readyReason, statusActions } from './status.ts';
import { MISSING_SECONDS, missingInstance, planTick, SCHEDULED } from './tick.ts';
import { type Timing, timingOf } from './timing.ts';
import { secondsUntil } from './wait.ts';

const PROBLEM_REASONS: Record<ScheduleProblem['kind'], string> = {
  invalid: SCHEDULE_REASONS.invalidSchedule,
  unknownTimeZone: SCHEDULE_REASONS.unknownTimeZone,
  neverTicks: SCHEDULE_REASONS.neverTicks,
};

export function planSchedule(seen: Observed, now: Date): Plan {
  if (seen.stage === 'gone') return settled('The schedule is gone');
  if (seen.stage === 'deleting') return planDeletion(seen.primary, seen.runs);
  const plan = planStanding(seen, timingOf(seen.primary, now), now);
  return { ...plan, actions: [...claim(seen.primary.metadata, FINALIZERS.sympoziumSchedule), ...plan.actions] };
}

function planStanding(seen: Standing, timing: Timing, now: Date): Plan {
  const { primary } = seen;
  const active = activeNames(seen);
  const told = (facts: Omit<Facts, 'active'>) => statusActions(primary, { active, ...facts }, now);
  switch (timing.kind) {
    case 'suspended': {
      const ready: ReadyClaim = { status: 'True', reason: SCHEDULE_REASONS.suspended, message: 'No runs are made' };
      return { actions: told({ phase: SCHEDULE_PHASES.suspended, ready }), reason: 'The schedule is suspended' };
    }
    case 'problem': {
      const { kind, message } = timing.problem;
      const ready: ReadyClaim = { status: 'False', reason: PROBLEM_REASONS[kind], message };
      // Nothing but a change of the spec helps, and that is an event.
      return { actions: told({ phase: SCHEDULE_PHASES.error, ready }), reason: message };
    }
    case 'missed': {
      const { tick, following, at } = timing;
      const message = `The tick of ${tick.toISOString()} was found later than startingDeadlineSeconds allows`;
      const ready: ReadyClaim = { status: 'True', reason: SCHEDULE_REASONS.tickMissed, message };
      const actions = told({ phase: SCHEDULE_PHASES.active, ready, since: tick, next: following });
      return { actions, reason: message, requeueAfterSeconds: secondsUntil(at, now) };
    }
    case 'waiting':
      return planWaiting(seen, timing, now);
    case 'due':
      return planTick(seen, timing, now);
  }
}

function planWaiting(seen: Standing, { since, next, at }: Extract<Timing, { kind: 'waiting' }>, now: Date): Plan {
  const { primary, instance } = seen;
  const seconds = secondsUntil(at, now);
  const facts = { since, next, active: activeNames(seen) };
  if (instance === 'missing') {
    const actions = statusActions(primary, { ...facts, ...missingInstance(primary) }, now);
    return { actions, reason: 'The instance is missing', requeueAfterSeconds: Math.min(seconds, MISSING_SECONDS) };
  }
  const actions = statusActions(
    primary,
    { ...facts, phase: SCHEDULE_PHASES.active, ready: readyWaiting(primary) },
    now,
  );
  return { actions, reason: `The next tick is ${next.toISOString()}`, requeueAfterSeconds: seconds };
}

/** That a tick was missed stays told until the next run. */
function readyWaiting({ status }: SympoziumSchedule): ReadyClaim {
  const current = status?.conditions?.find(({ reason }) => reason === SCHEDULE_REASONS.tickMissed);
  if (current === undefined || readyReason(status) !== SCHEDULE_REASONS.tickMissed) return SCHEDULED;
  return { status: current.status, reason: current.reason, message: current.message };
}

/** The run of a tick was refused by the API server, or its name belongs to something else: the schedule says so and tries again. */
export function planRefusedSchedule(seen: Observed, { action, message }: Refusal, now: Date): Plan | undefined {
  if (seen.stage !== 'standing' || action.verb !== 'create') return undefined;
  const timing = timingOf(seen.primary, now);
  if (timing.kind !== 'due') return undefined;
  const ready: ReadyClaim = { status: 'False', reason: SCHEDULE_REASONS.runRefused, message };
  const { since, next } = timing;
  const facts = { phase: SCHEDULE_PHASES.error, ready, since, next, active: activeNames(seen) };
  return { actions: statusActions(seen.primary, facts, now), reason: message, requeueAfterSeconds: MISSING_SECONDS };
}
