import { describe, expect, it } from 'vitest';
import type { AgentRunStatus } from '../../../crds/agentrun-status.ts';
import { RUN_REASONS } from '../../../crds/conditions.ts';
import { anAgentRun, RUNNING } from '../fixtures.ts';
import { failureMemory } from './failure-memory.ts';

const { resolution } = RUNNING;
if (resolution === undefined) throw new Error('It runs');
const failed = (reason: string, more: Partial<AgentRunStatus> = {}): AgentRunStatus => ({
  ...RUNNING,
  phase: 'Failed',
  error: 'out of disk',
  completedAt: '2026-01-02T03:09:05Z',
  resolution: { ...resolution, skills: [{ skillPackRef: 'memory' }] },
  conditions: [{ type: 'Succeeded', status: 'False', reason, message: '', lastTransitionTime: '' }],
  ...more,
});

describe('what an instance remembers of a run that failed', () => {
  it('is what it was to do, why it failed and when, however long its task is [RUN-085]', () => {
    const run = anAgentRun({ spec: { task: 'é'.repeat(100_000) } });
    const [action] = failureMemory(run, failed(RUN_REASONS.timeout));
    expect(action).toMatchObject({
      verb: 'remember',
      memory: {
        owner: { kind: 'instance', namespace: 'team', name: 'inst' },
        tags: ['failure', 'agent-run', 'inst'],
        content: `## Run run-1 failed\n\nTask: ${'é'.repeat(250)}...\nError: out of disk\nWhen: 2026-01-02T03:09:05Z\nInstance: inst`,
      },
    });
    expect(failureMemory(run, failed(RUN_REASONS.timeout))).toEqual([action]);
  });

  it.each<[string, AgentRunStatus]>([
    ['its agents have no memory', failed(RUN_REASONS.timeout, { resolution })],
    ['it succeeded', failed(RUN_REASONS.succeeded, { phase: 'Succeeded' })],
    ['it never began', { ...failed(RUN_REASONS.policyDenied), startedAt: undefined } as unknown as AgentRunStatus],
    ['somebody ended it', failed(RUN_REASONS.cancelled)],
    ['its Job was taken away', failed(RUN_REASONS.jobNotFound)],
  ])('is nothing when %s [RUN-085]', (_, status) => {
    expect(failureMemory(anAgentRun(), status)).toEqual([]);
  });
});
