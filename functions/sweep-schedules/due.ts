import { SCHEDULE_PHASES } from '../../crds/conditions.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';

/** What the relay has normally seen to before. */
const SLACK_SECONDS = 5;

/**
 * Whether a schedule should have been looked at by now: its tick has come, nobody saw it or its last change, or it is deleted and
 * not let go. Decides only that a pass is worthwhile; the pass itself decides everything.
 */
export function isDue({ metadata, spec, status }: SympoziumSchedule, now: Date): boolean {
  const isPast = (time: string | undefined) => now.getTime() - Date.parse(time ?? '') > SLACK_SECONDS * 1000;
  if (metadata.deletionTimestamp !== undefined) return isPast(metadata.deletionTimestamp);
  if (status?.observedGeneration !== metadata.generation) return isPast(metadata.creationTimestamp);
  // A spec that cannot be scheduled has no next tick, and neither has a suspended one.
  return spec.suspend !== true && status?.phase !== SCHEDULE_PHASES.suspended && isPast(status?.nextRunTime);
}
