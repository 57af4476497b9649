import { describe, expect, it } from 'vitest';
import { AGENT_RUN_PHASES, isTerminalPhase, RUN_REASONS } from './conditions.ts';
import { ConditionSchema } from './meta.ts';

describe('isTerminalPhase', () => {
  it('holds for Succeeded and Failed only, when any phase is given', () => {
    expect(Object.values(AGENT_RUN_PHASES).filter(isTerminalPhase)).toEqual(['Succeeded', 'Failed']);
    expect(isTerminalPhase(undefined)).toBe(false);
    expect(isTerminalPhase('')).toBe(false);
  });
});

it.each(Object.values(RUN_REASONS))('the reason %s is accepted when it is put into a condition', (reason) => {
  expect(ConditionSchema.shape.reason.safeParse(reason).success).toBe(true);
});
