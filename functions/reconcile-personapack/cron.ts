/** Minutes between the schedules of two neighbours in a pack, so that not all start at once. */
const STAGGER_MINUTES = 2;
const INTERVAL = /^(\d{1,5})\s*(m|min|h|d)$/;
const MINUTES: Record<string, number> = { m: 1, min: 1, h: 60, d: 1440 };
/** What cron can repeat without a gap: the parts of an hour, of a day, and the day. */
const EXACT = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440];

export interface Cron {
  expression: string;
  /** The interval as it is kept, when it is not the one that was asked for. */
  rounded?: string;
}

/**
 * The cron expression for an interval such as `30m`, staggered by the persona's place in the pack (controllers spec, 2.2). One
 * that cron cannot say is rounded up to the next that it can; undefined when it is longer than a day or no interval at all.
 * An empty one is an hour, and one with a blank is cron already.
 */
export function cronOf(interval: string, index: number): Cron | undefined {
  const text = interval.trim().toLowerCase();
  if (text === '') return cronOf('1h', index);
  const [, count = '', unit = ''] = INTERVAL.exec(text) ?? [];
  if (unit === '') return text.includes(' ') ? { expression: interval.trim() } : undefined;
  const asked = Number(count) * (MINUTES[unit] ?? 0);
  const minutes = EXACT.find((one) => one >= asked);
  if (asked === 0 || minutes === undefined) return undefined;
  const expression = expressionOf(minutes, index * STAGGER_MINUTES);
  return { expression, ...(minutes !== asked && { rounded: minutes < 60 ? `${minutes}m` : `${minutes / 60}h` }) };
}

function expressionOf(minutes: number, offset: number): string {
  if (minutes === 1) return '* * * * *';
  if (minutes < 60) return `${offset % minutes}/${minutes} * * * *`;
  if (minutes === 60) return `${offset % 60} * * * *`;
  return minutes === 1440 ? `${offset % 60} 0 * * *` : `${offset % 60} */${minutes / 60} * * *`;
}
