import { describe, expect, it } from 'vitest';
import type { AgentRun } from '../../../crds/agentrun.ts';
import { API_VERSION } from '../../../crds/group.ts';
import { ANNOTATIONS } from '../../../crds/labels.ts';
import { aJob, anAgentRun, anExecuting, aStarting, CONFIG, later, RUNNING } from '../fixtures.ts';
import { planAgentRun } from '../plan.ts';
import { begin } from '../start/start.ts';
import { answerAsker } from './delegation.ts';

const asked = anAgentRun({
  metadata: {
    annotations: { [ANNOTATIONS.spawnRequest]: 'q1' },
    ownerReferences: [{ apiVersion: 'sympozium.ai/v1alpha1', kind: 'AgentRun', name: 'boss', uid: 'uid-boss' }],
  },
  spec: { parent: { runName: 'boss', sessionKey: '', spawnDepth: 1 } },
  status: RUNNING,
});

const boss = (phase: string, uid = 'uid-boss'): AgentRun =>
  anAgentRun({ metadata: { name: 'boss', uid }, status: { ...RUNNING, phase } });

describe('a run that an agent asked for', () => {
  it('tells that agent its answer, after it is stored and before its mark [CTL-WD2]', () => {
    const payload = { data: { status: 'success', response: 'Three.' } };
    const { actions } = planAgentRun(
      anExecuting({ primary: asked, bus: { state: 'read', payload } }),
      later(60),
      CONFIG,
    );
    expect(actions.map(({ verb }) => verb)).toEqual(['applyStatus', 'publish', 'publish', 'patchMetadata']);
    expect(actions[1]).toMatchObject({
      message: {
        id: 'uid-run-answer',
        subject: 'sympozium.run.team.boss.uid-boss.answer',
        payload: {
          data: { id: 'q1', ok: true, message: 'Three.', run: 'run-1' },
        },
      },
    });
  });

  it('tells it why there is none, also when it is deleted', () => {
    const failed = answerAsker(asked, { ...RUNNING, phase: 'Failed', error: 'timeout' });
    expect(failed).toMatchObject([{ message: { payload: { data: { ok: false, message: 'timeout' } } } }]);
    const primary = { ...asked, metadata: { ...asked.metadata, deletionTimestamp: '2026-01-02T03:05:00Z' } };
    const { actions } = planAgentRun({ stage: 'deleting', primary, job: aJob(), strayRoles: [] }, later(60), CONFIG);
    expect(actions).toContainEqual(
      expect.objectContaining({
        message: expect.objectContaining({
          payload: expect.objectContaining({ data: expect.objectContaining({ message: 'cancelled' }) }),
        }),
      }),
    );
  });

  it.each<{ when: string; parent: AgentRun | undefined; starts: boolean }>([
    { when: 'that agent waits for it', parent: boss('Running'), starts: true },
    { when: 'it came after the end', parent: boss('Failed'), starts: false },
    { when: 'only the hooks of that run are at work', parent: boss('PostRunning'), starts: false },
    { when: 'that run is gone', parent: undefined, starts: false },
    { when: 'that run is gone, and another has its name', parent: boss('Running', 'uid-other'), starts: false },
  ])('starts $starts where $when [CTL-WD2]', ({ parent, starts }) => {
    const owner = { apiVersion: API_VERSION, kind: 'AgentRun', name: 'boss', uid: 'uid-boss', controller: true };
    const primary = anAgentRun({ metadata: { ownerReferences: [owner] }, spec: asked.spec });
    const { kind } = begin(aStarting({ primary, ...(parent && { parent }) }), later(60), CONFIG);
    expect(kind).toBe(starts ? 'begin' : 'failed');
  });

  it('tells nobody when no request led to it', () => {
    expect(answerAsker(anAgentRun({ spec: asked.spec }), RUNNING)).toEqual([]);
  });
});
