import type { SympoziumScheduleSpec } from '../../crds/sympoziumschedule.ts';
import { isProblem, parseSchedule } from '../../shared/cron/schedule.ts';
import { allow, fail, type Verdict } from './verdict.ts';

/** Refuses a schedule that no tick could ever come of: an expression that cannot be read or matches no day, a zone nobody knows. Pure. */
export function admitSchedule({ schedule, timeZone }: SympoziumScheduleSpec): Verdict {
  const parsed = parseSchedule({ expression: schedule, timeZone, anchor: new Date(0) });
  return isProblem(parsed) ? fail(400, parsed.message) : allow('the schedule can be read');
}
