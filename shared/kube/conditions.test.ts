import { describe, expect, it } from 'vitest';
import { isDecided, withCondition } from './conditions.ts';

const at = (time: string) => ({ generation: 2, now: new Date(time) });
const claim = (status: 'True' | 'Unknown', reason = 'R') =>
  ({ type: 'Succeeded', status, reason, message: 'm' }) as const;

describe('withCondition', () => {
  it('moves the transition time only when the status changes', () => {
    const first = withCondition([], claim('Unknown'), at('2026-01-01T00:00:00.900Z'));
    const second = withCondition(first, claim('Unknown', 'Other'), at('2026-01-01T00:01:00Z'));
    const third = withCondition(second, claim('True'), at('2026-01-01T00:02:00Z'));
    expect(first[0]?.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
    expect(second[0]).toMatchObject({
      lastTransitionTime: '2026-01-01T00:00:00Z',
      reason: 'Other',
      observedGeneration: 2,
    });
    expect(third[0]?.lastTransitionTime).toBe('2026-01-01T00:02:00Z');
  });

  it('has one condition of a type, however often it is claimed, and keeps the others [RUN-W41]', () => {
    const other = { ...claim('True'), type: 'Other', lastTransitionTime: '2026-01-01T00:00:00Z' };
    const twice = withCondition(
      withCondition([other], claim('True'), at('2026-01-01T00:00:00Z')),
      claim('True'),
      at('2026-01-01T00:00:00Z'),
    );
    expect(twice.map(({ type }) => type)).toEqual(['Other', 'Succeeded']);
  });
});

describe('isDecided', () => {
  it('is so once the condition has left Unknown', () => {
    expect(isDecided(undefined, 'Succeeded')).toBe(false);
    expect(isDecided(withCondition([], claim('Unknown'), at('2026-01-01T00:00:00Z')), 'Succeeded')).toBe(false);
    expect(isDecided(withCondition([], claim('True'), at('2026-01-01T00:00:00Z')), 'Succeeded')).toBe(true);
  });
});
