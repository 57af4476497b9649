import { describe, expect, it } from 'vitest';
import { isProblem, parseSchedule, type ScheduleProblem } from './schedule.ts';
import { latestTick, type Ticks } from './ticks.ts';

const NEW_YEAR = new Date('2026-01-01T00:00:00Z');

function parsed(expression: string, timeZone?: string): Ticks | ScheduleProblem {
  return parseSchedule({ expression, timeZone, anchor: NEW_YEAR });
}

/** The first ticks of the year. Throws when there are none. */
function ticks(expression: string, { count = 3, timeZone }: { count?: number; timeZone?: string } = {}): string[] {
  const found = parsed(expression, timeZone);
  if (isProblem(found)) throw new Error(found.message);
  const times: string[] = [];
  for (let tick = found.next(NEW_YEAR); times.length < count; tick = found.next(tick)) {
    times.push(tick.toISOString().slice(0, 16));
  }
  return times;
}

describe('parseSchedule', () => {
  it.each([
    { what: 'lists, ranges and steps', expression: '0-10/5,30 8 * * *', first: '2026-01-01T08:00' },
    { what: 'a step from a number to the end', expression: '50/7 * * * *', first: '2026-01-01T00:50' },
    { what: 'a step past the end', expression: '*/90 * * * *', first: '2026-01-01T01:00' },
    { what: 'a question mark', expression: '5 ? ? * ?', first: '2026-01-01T00:05' },
    { what: 'names in any case', expression: '0 0 * Feb-MAR mon', first: '2026-02-02T00:00' },
    { what: 'values that come twice', expression: '1,1-3,3 * * * *', first: '2026-01-01T00:01' },
    { what: 'leading zeros', expression: '05 07 * * *', first: '2026-01-01T07:05' },
    { what: 'spaces around', expression: '  5   7 * *\t* ', first: '2026-01-01T07:05' },
    { what: '29 February', expression: '0 0 29 2 *', first: '2028-02-29T00:00' },
    { what: '@yearly', expression: '@yearly', first: '2027-01-01T00:00' },
    { what: '@monthly', expression: '@monthly', first: '2026-02-01T00:00' },
    { what: '@weekly', expression: '@weekly', first: '2026-01-04T00:00' },
    { what: '@daily', expression: '@daily', first: '2026-01-02T00:00' },
    { what: '@hourly', expression: '@hourly', first: '2026-01-01T01:00' },
  ])('reads $what', ({ expression, first }) => {
    expect(ticks(expression, { count: 1 })).toEqual([first]);
  });

  it('takes a day that either field of days allows when both restrict, and one field when the other is a star', () => {
    expect(ticks('0 0 13 * 5', { count: 4 })).toEqual([
      '2026-01-02T00:00',
      '2026-01-09T00:00',
      '2026-01-13T00:00',
      '2026-01-16T00:00',
    ]);
    // A star with the step 1 is a star, a star with another step restricts.
    expect(ticks('0 0 */1 * 1')).toEqual(['2026-01-05T00:00', '2026-01-12T00:00', '2026-01-19T00:00']);
    expect(ticks('0 0 */10 * 1')).toEqual(['2026-01-05T00:00', '2026-01-11T00:00', '2026-01-12T00:00']);
  });

  it('counts @every from its anchor, whenever it is asked', () => {
    expect(ticks('@every 1h30m')).toEqual(['2026-01-01T01:30', '2026-01-01T03:00', '2026-01-01T04:30']);
    const every = parsed('@every 10s') as Ticks;
    expect(every.next(new Date('2026-01-01T00:00:19.999Z'))).toEqual(new Date('2026-01-01T00:00:20Z'));
    expect(every.next(new Date('2025-12-31T00:00:00Z'))).toEqual(new Date('2026-01-01T00:00:10Z'));
  });

  it.each(['TZ=Asia/Tokyo 0 9 * * *', 'CRON_TZ=Asia/Tokyo 0 9 * * *'])('takes the zone before %s', (expression) => {
    expect(ticks(expression, { count: 1 })).toEqual(['2026-01-02T00:00']);
    expect(ticks('0 9 * * *', { count: 1, timeZone: 'Asia/Tokyo' })).toEqual(['2026-01-02T00:00']);
  });

  it.each<{ expression: string; timeZone?: string; kind: ScheduleProblem['kind']; says: RegExp }>([
    { expression: '', kind: 'invalid', says: /must not be empty/ },
    { expression: 'often', kind: 'invalid', says: /five fields.*not 1/ },
    { expression: '0 0 9 * * *', kind: 'invalid', says: /five fields.*not 6/ },
    { expression: '60 * * * *', kind: 'invalid', says: /minute has `60`, which must be from 0 to 59/ },
    { expression: '0 0 0 * *', kind: 'invalid', says: /day of month/ },
    { expression: '0 0 * * 7', kind: 'invalid', says: /day of week/ },
    { expression: '0 0 * * fri-mon', kind: 'invalid', says: /ends before it begins/ },
    { expression: '0 0 L * *', kind: 'invalid', says: /day of month/ },
    { expression: '0 0 * * mon#2', kind: 'invalid', says: /day of week/ },
    { expression: '*/0 * * * *', kind: 'invalid', says: /step must not be 0/ },
    { expression: '@every 5', kind: 'invalid', says: /@every 1h30m/ },
    { expression: '@every 100ms', kind: 'invalid', says: /a second or more/ },
    { expression: '@reboot', kind: 'invalid', says: /@daily/ },
    { expression: '0 0 30 2 *', kind: 'neverTicks', says: /no year has/ },
    { expression: '0 0 31 4,6,9,11 ?', kind: 'neverTicks', says: /no year has/ },
    { expression: 'TZ=Mars/Base 0 0 * * *', kind: 'unknownTimeZone', says: /Mars\/Base.*IANA/ },
    { expression: '0 0 * * *', timeZone: '+02:00', kind: 'unknownTimeZone', says: /IANA/ },
    { expression: 'TZ=UTC 0 0 * * *', timeZone: 'UTC', kind: 'invalid', says: /time zone where/ },
  ])('says what is wrong with "$expression" [CTL-098]', ({ expression, timeZone, kind, says }) => {
    expect(parsed(expression, timeZone)).toEqual({ kind, message: expect.stringMatching(says) });
  });

  it('reads a zone that nothing follows as an empty schedule, without failing [CTL-WS9]', () => {
    expect(parsed('TZ=Europe/Berlin')).toMatchObject({ kind: 'invalid', message: expect.stringMatching(/empty/) });
  });

  it('still ticks on 30 February when a day of the week is named, too [CTL-WS2]', () => {
    expect(ticks('0 0 30 2 mon', { count: 1 })).toEqual(['2026-02-02T00:00']);
  });
});

describe('latestTick', () => {
  const minutely = parsed('* * * * *') as Ticks;
  const at = (time: string) => new Date(`2026-03-01T${time}Z`);

  it('is the last of many, found without counting them all', () => {
    expect(latestTick(minutely, NEW_YEAR, at('10:00:30'))).toEqual(at('10:00:00'));
    expect(latestTick(parsed('0 0 29 2 *') as Ticks, new Date('2000-01-01'), NEW_YEAR)).toEqual(new Date('2024-02-29'));
  });

  it('takes no tick at the beginning, and one at the end', () => {
    expect(latestTick(minutely, at('10:00:00'), at('10:00:59'))).toBeUndefined();
    expect(latestTick(minutely, at('10:00:00'), at('10:01:00'))).toEqual(at('10:01:00'));
  });
});
