import { createHash } from 'node:crypto';
import type { Ticks } from './ticks.ts';

/**
 * When the work of a tick is begun: up to `seconds` after it, at a time that UID and tick decide, so that every pass finds the same;
 * always before the next tick.
 */
export function dueTime(ticks: Ticks, tick: Date, { uid, seconds }: { uid: string; seconds: number }): Date {
  if (seconds === 0) return tick;
  const room = ticks.next(tick).getTime() - tick.getTime();
  const hash = createHash('sha256').update(`${uid}/${tick.toISOString()}`).digest().readUInt32BE();
  const share = hash / 2 ** 32;
  return new Date(tick.getTime() + Math.floor(share * Math.min(seconds * 1000, room)));
}
