import { CronDate, type CronExpression, CronExpressionParser } from 'cron-parser';

/** Times of the wall clock that match, where clocks are never changed. In milliseconds, as if the wall clock were UTC. */
export interface WallClock {
  /** The first match after `time`. */
  next(time: number): number;
}

/** `expression` is in the notation of `canonicalFields`. */
export function wallClock(expression: string): WallClock {
  const parsed: CronExpression = CronExpressionParser.parse(expression, { tz: 'UTC' });
  return {
    next(time) {
      parsed.reset(new Date(time));
      return parsed.next().getTime();
    },
  };
}

/** Milliseconds that the clocks of a zone are ahead of UTC at an instant. */
export function offsetAt(zone: string, time: number): number {
  return new CronDate(time, zone).getUTCOffset() * 60_000;
}

/** Whether this is a zone of the IANA database. */
export function isTimeZone(zone: string): boolean {
  // Offsets such as `+02:00`, which the platform takes too, are no zones: they know no summer time.
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    // RangeError is how the platform says that it knows no such zone.
    return false;
  }
}
