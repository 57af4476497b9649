import { describe, expect, it } from 'vitest';
import { ANNOTATIONS } from '../../crds/labels.ts';
import { answerAsker } from './delegation.ts';
import { aJob, anAgentRun, anExecuting, CONFIG, later, RUNNING } from './fixtures.ts';
import { planAgentRun } from './plan.ts';

const asked = anAgentRun({
  metadata: {
    annotations: { [ANNOTATIONS.spawnRequest]: 'q1' },
    ownerReferences: [{ apiVersion: 'sympozium.ai/v1alpha1', kind: 'AgentRun', name: 'boss', uid: 'uid-boss' }],
  },
  spec: { parent: { runName: 'boss', sessionKey: '', spawnDepth: 1 } },
  status: RUNNING,
});

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

  it('tells nobody when no request led to it', () => {
    expect(answerAsker(anAgentRun({ spec: asked.spec }), RUNNING)).toEqual([]);
  });
});
