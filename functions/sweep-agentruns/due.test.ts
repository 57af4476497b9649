import { describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION } from '../../crds/group.ts';
import { isDue } from './due.ts';

const NOW = new Date('2026-01-02T03:04:05Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

function aRun(
  metadata: Partial<AgentRun['metadata']>,
  status: Partial<AgentRun['status']> & object,
  spec: Partial<AgentRun['spec']> = {},
): AgentRun {
  const model = { provider: 'openai', model: 'm', authSecretRef: '' };
  return {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: { name: 'run', namespace: 'team', creationTimestamp: ago(3600), ...metadata },
    spec: { instanceRef: 'i', agentId: '', sessionKey: '', task: 't', model, cleanup: 'delete', mode: 'task', ...spec },
    status: { conditions: [], ...status },
  };
}

const resolution = (timeout: string) => ({
  skills: [],
  timeout,
  systemPrompt: '',
  model: { provider: 'openai', model: 'm', authSecretRef: '' },
});

describe('isDue', () => {
  it.each<{ when: string; run: AgentRun; due: boolean }>([
    { when: 'pending and new', run: aRun({ creationTimestamp: ago(20) }, {}), due: false },
    { when: 'pending for long, since nobody saw it', run: aRun({ creationTimestamp: ago(90) }, {}), due: true },
    { when: 'running in time', run: aRun({}, { phase: 'Running', startedAt: ago(500) }), due: false },
    { when: 'running over the default time', run: aRun({}, { phase: 'Running', startedAt: ago(700) }), due: true },
    {
      when: 'running in the time it was given when it started',
      run: aRun({}, { phase: 'Running', startedAt: ago(700), resolution: resolution('30m') }),
      due: false,
    },
    { when: 'just ended', run: aRun({}, { phase: 'Failed', completedAt: ago(5) }), due: false },
    { when: 'ended and not told', run: aRun({}, { phase: 'Succeeded', completedAt: ago(60) }), due: true },
    { when: 'deleted and not let go', run: aRun({ deletionTimestamp: ago(60) }, { phase: 'Running' }), due: true },
    {
      when: 'cancelled and at work',
      run: aRun({}, { phase: 'Running', startedAt: ago(5) }, { cancel: true }),
      due: true,
    },
    { when: 'serving, which has no end', run: aRun({}, { phase: 'Serving' }), due: false },
  ])('is $due when a run is $when', ({ run, due }) => {
    expect(isDue(run, NOW)).toBe(due);
  });
});
