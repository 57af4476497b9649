import { Cron } from 'croner';
import { describe, expect, it } from 'vitest';
import { isProblem, parseSchedule } from './schedule.ts';
import type { Ticks } from './ticks.ts';

const FROM = new Date('2024-01-01T00:00:00Z');
const UNTIL = new Date('2034-01-01T00:00:00Z');

const EXPRESSIONS = [
  '0 */4 * * *',
  '30 2 * * *',
  '15 1 * * *',
  '45 1 1,15 * 1',
  '0 0 * * *',
  '*/20 0-3 * * 0',
  '0 0 29 2 *',
  '0 12 31 * *',
  '0 9 * * 1-5',
  '5-59/20 2 * 3,4,10,11 sun',
];
/** Both ways in both hemispheres, by half an hour, at midnight, in the month of Ramadan, and never. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Africa/Casablanca',
  'Asia/Kolkata',
];

function ticksOf(expression: string, timeZone: string): Ticks {
  const parsed = parseSchedule({ expression, timeZone, anchor: FROM });
  if (isProblem(parsed)) throw new Error(parsed.message);
  return parsed;
}

function between(next: (after: Date) => Date | null, from: Date, until: Date): string[] {
  const times: string[] = [];
  for (let tick = next(from); tick !== null && tick < until; tick = next(tick)) times.push(tick.toISOString());
  return times;
}

/** Hours and minutes of a zone's wall clock. */
const wall = (zone: string, time: number): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(time);

/** Whether this wall time was there before, since the clocks were put back. */
const isRepeat = (zone: string, time: string): boolean =>
  [30, 60].some((minutes) => wall(zone, Date.parse(time)) === wall(zone, Date.parse(time) - minutes * 60_000));

/** Whether clocks are put forward at this instant. */
function isLeap(zone: string, time: string): boolean {
  const minutes = (at: number) => Number(wall(zone, at).slice(-2)) + 60 * Number(wall(zone, at).slice(-5, -3));
  return (minutes(Date.parse(time)) - minutes(Date.parse(time) - 60_000) + 1440) % 1440 > 1;
}

describe('the ticks of ten years', () => {
  it.each(ZONES.flatMap((zone) => EXPRESSIONS.map((expression) => ({ zone, expression }))))(
    'are those of another library for "$expression" in $zone, but where clocks change',
    { timeout: 30_000 },
    ({ zone, expression }) => {
      const { next } = ticksOf(expression, zone);
      const other = new Cron(expression, { timezone: zone, paused: true });
      const ours = between(next, FROM, UNTIL);
      const theirs = between((after) => other.nextRun(after), FROM, UNTIL);
      const [mine, yours] = [new Set(ours), new Set(theirs)];
      // That library runs a fixed time once a day: at the first of two, and at the change when it is left out.
      expect(ours.filter((time) => !yours.has(time) && !isRepeat(zone, time))).toEqual([]);
      expect(theirs.filter((time) => !mine.has(time) && !isLeap(zone, time))).toEqual([]);
    },
  );
});

describe('ticks where clocks change', () => {
  const inBerlin = (expression: string, day: string) =>
    between(ticksOf(expression, 'Europe/Berlin').next, new Date(`${day}T00:00:00+01:00`), new Date(`${day}T04:00:00Z`));

  it('leaves out a time that the day does not have, and goes on the day after', () => {
    expect(inBerlin('30 2 * * *', '2026-03-29')).toEqual([]);
    expect(inBerlin('30 2 * * *', '2026-03-30')).toEqual(['2026-03-30T00:30:00.000Z']);
  });

  it('comes twice at a time that the day has twice', () => {
    const twice = ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'];
    expect(inBerlin('30 2 * * *', '2026-10-25')).toEqual(twice);
  });

  it('comes at each hour that passes, on both days', () => {
    const hours = (day: string) => inBerlin('0 * * * *', day).map((time) => time.slice(11, 16));
    expect(hours('2026-03-29')).toEqual(['00:00', '01:00', '02:00', '03:00']);
    expect(hours('2026-10-25')).toEqual(['00:00', '01:00', '02:00', '03:00']);
  });

  it('counts the instant of a change by the new time', () => {
    expect(inBerlin('0 3 * * *', '2026-03-29')).toEqual(['2026-03-29T01:00:00.000Z']);
  });

  it('knows changes of half an hour', () => {
    const ticks = ticksOf('*/15 1-2 * * *', 'Australia/Lord_Howe');
    const night = (from: string, until: string) => between(ticks.next, new Date(from), new Date(until)).length;
    // 01:00 to 03:00 without 02:00 to 02:30, and with 01:30 to 02:00 twice.
    expect(night('2026-10-03T14:00:00Z', '2026-10-03T17:00:00Z')).toBe(6);
    expect(night('2026-04-04T13:30:00Z', '2026-04-04T17:30:00Z')).toBe(10);
  });
});
