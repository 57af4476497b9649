import { describe, expect, it } from 'vitest';
import { dueTime } from './jitter.ts';
import { everyTicks } from './ticks.ts';

const ANCHOR = new Date('2026-01-01T00:00:00Z');
const minutely = everyTicks(60, ANCHOR);
const tick = minutely.next(ANCHOR);
const delayOf = (uid: string, seconds: number) => dueTime(minutely, tick, { uid, seconds }).getTime() - tick.getTime();
const UIDS = Array.from({ length: 200 }, (_, index) => `uid-${index}`);

describe('dueTime', () => {
  it('is the tick itself when no jitter is asked for', () => {
    expect(dueTime(minutely, tick, { uid: 'a', seconds: 0 })).toEqual(tick);
  });

  it('is the same at each look, and spread over schedules', () => {
    const delays = UIDS.map((uid) => delayOf(uid, 30));
    expect(UIDS.map((uid) => delayOf(uid, 30))).toEqual(delays);
    expect(Math.min(...delays)).toBeLessThan(2_000);
    expect(Math.max(...delays)).toBeGreaterThan(28_000);
    expect(Math.max(...delays)).toBeLessThan(30_000);
  });

  it('comes before the next tick, however long it may be', () => {
    expect(Math.max(...UIDS.map((uid) => delayOf(uid, 3600)))).toBeLessThan(60_000);
  });
});
