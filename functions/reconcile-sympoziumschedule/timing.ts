import { SCHEDULE_PHASES } from '../../crds/conditions.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { dueTime } from '../../shared/cron/jitter.ts';
import { isProblem, parseSchedule, type ScheduleProblem } from '../../shared/cron/schedule.ts';
import { latestTick, type Ticks } from '../../shared/cron/ticks.ts';

/** Longest life of a pass: the function's time-out. */
export const PASS_SECONDS = 30;

/** Where a schedule stands among its ticks. `since`: ticks up to then are settled. */
export type Timing =
  | { kind: 'suspended' }
  | { kind: 'problem'; problem: ScheduleProblem }
  /** Nothing to do before `at`, when the work of tick `next` begins. */
  | { kind: 'waiting'; since: Date; next: Date; at: Date }
  /** `tick` is to be run, or too late for it; `next` is the oldest that is not settled, `following` comes after all that are due. */
  | { kind: 'due' | 'missed'; since: Date; tick: Date; next: Date; following: Date; at: Date };

/**
 * Of the ticks that are not settled the latest is run, however many there are [CTL-107]. A schedule that is new, or resumed, or
 * whose times were changed, counts from then [CTL-WS6].
 */
export function timingOf(schedule: SympoziumSchedule, now: Date): Timing {
  const { metadata, spec, status } = schedule;
  if (spec.suspend === true) return { kind: 'suspended' };
  const ticks = parseSchedule({ expression: spec.schedule, timeZone: spec.timeZone, anchor: createdAt(schedule) });
  if (isProblem(ticks)) return { kind: 'problem', problem: ticks };

  const jitter = { uid: metadata.uid ?? '', seconds: spec.jitterSeconds ?? 0 };
  const dueOf = (tick: Date) => dueTime(ticks, tick, jitter);
  const since = settledUntil(schedule, ticks, now);
  const next = ticks.next(since);
  const begun = status?.startingTick === undefined ? undefined : new Date(status.startingTick);
  // A tick whose run somebody has begun to make comes first, so that no two ticks of a schedule are at work at once.
  const tick = begun !== undefined && begun > since ? begun : latestTick(ticks, since, now);
  if (tick === undefined) return { kind: 'waiting', since, next, at: dueOf(next) };
  const due = dueOf(tick);
  if (now < due) return { kind: 'waiting', since, next, at: due };
  const following = ticks.next(tick);
  const latest = spec.startingDeadlineSeconds ?? Number.POSITIVE_INFINITY;
  const missed = now.getTime() - due.getTime() > latest * 1000;
  return { kind: missed ? 'missed' : 'due', since, tick, next, following, at: dueOf(following) };
}

/** `status.nextRunTime` is always the first tick after what is settled; another one means that the times were changed. */
function settledUntil(schedule: SympoziumSchedule, ticks: Ticks, now: Date): Date {
  const { status } = schedule;
  const stored = latest([createdAt(schedule), timeOf(status?.lastRunTime), timeOf(status?.scheduledUntil)]);
  if (status?.phase === undefined) return stored;
  const unchanged =
    status.phase !== SCHEDULE_PHASES.suspended && ticks.next(stored).getTime() === Date.parse(status.nextRunTime ?? '');
  return unchanged ? stored : latest([stored, new Date(Math.floor(now.getTime() / 1000) * 1000)]);
}

const createdAt = ({ metadata }: SympoziumSchedule): Date => timeOf(metadata.creationTimestamp);
const timeOf = (text: string | undefined): Date => new Date(text ?? 0);
const latest = (times: readonly Date[]): Date => new Date(Math.max(...times.map((time) => time.getTime())));
