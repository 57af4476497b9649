/** Timers may fire a millisecond early, which would cost a pass that finds nothing due. */
const EARLY_MS = 1;

/** Seconds from `now` until just after `time`; more than zero. */
export function secondsUntil(time: Date, now: Date): number {
  return Math.max(time.getTime() - now.getTime() + EARLY_MS, EARLY_MS) / 1000;
}
