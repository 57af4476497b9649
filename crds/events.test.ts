import { describe, expect, it } from 'vitest';
import { eventTypeOf } from './events.ts';

const state = (status: 'True' | 'False' | 'Unknown', reason: string, type = 'Ready') => ({ type, status, reason });
const succeeded = (status: 'True' | 'False' | 'Unknown', reason: string) => state(status, reason, 'Succeeded');

describe('eventTypeOf', () => {
  it.each([
    ['AgentRun', 'a run that is refused', undefined, succeeded('False', 'PolicyDenied'), 'Warning'],
    ['AgentRun', 'a run that waits in line', undefined, succeeded('Unknown', 'WaitingForSlot'), 'Normal'],
    ['AgentRun', 'a run that fails', succeeded('Unknown', 'Running'), succeeded('False', 'Timeout'), 'Warning'],
    [
      'AgentRun',
      'a run that somebody ended',
      succeeded('Unknown', 'Running'),
      succeeded('False', 'Cancelled'),
      'Normal',
    ],
    ['AgentRun', 'an answer that a gate rejects', undefined, succeeded('True', 'GateRejected'), 'Warning'],
    ['AgentRun', 'hooks that fail', undefined, state('True', 'PostRunJobFailed', 'PostRunFailed'), 'Warning'],
    ['AgentRun', 'an answer', succeeded('Unknown', 'Running'), succeeded('True', 'Succeeded'), undefined],
    ['AgentRun', 'an agent at work', undefined, succeeded('Unknown', 'Running'), undefined],
    [
      'SympoziumInstance',
      'an instance that degrades',
      state('True', 'Ready'),
      state('False', 'SecretNotFound'),
      'Warning',
    ],
    ['SympoziumInstance', 'one that recovers', state('False', 'SecretNotFound'), state('True', 'Ready'), 'Normal'],
    ['SympoziumSchedule', 'a missed tick', state('True', 'Scheduled'), state('True', 'TickMissed'), 'Warning'],
    ['SympoziumSchedule', 'a schedule that is suspended', undefined, state('True', 'Suspended'), 'Normal'],
    ['PersonaPack', 'a pack that is refused', undefined, state('False', 'Refused'), 'Warning'],
    ['PersonaPack', 'a pack that is off', undefined, state('False', 'Disabled'), undefined],
    ['SympoziumPolicy', 'a policy that is wrong', undefined, state('False', 'InvalidPolicy'), 'Warning'],
    ['SympoziumConfig', 'a gateway that comes up', state('False', 'Pending'), state('True', 'Ready'), 'Normal'],
    ['SympoziumConfig', 'a gateway on its way', state('False', 'Disabled'), state('False', 'Pending'), undefined],
  ] as const)('%s: %s', (kind, _what, before, after, type) => {
    expect(eventTypeOf(kind, before, after)).toBe(type);
    expect(eventTypeOf(kind, after, after)).toBeUndefined();
  });
});
