import { describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { ANNOTATIONS, LABELS } from '../../crds/labels.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import { controllerReference, type KubeObject } from '../../shared/kube/objects.ts';
import { hooks, playRunMove, populateRun, RUN_KEY, type RunMove, runIn, runMove } from './agentrun-world.ts';
import { checkReconciler, type Scenario } from './harness.ts';
import type { World } from './world/world.ts';

const config = loadRunConfig({});
const { namespace } = RUN_KEY;

/** A run whose agent asked for others: two that go on, and one that has answered. A stranger only says that it is one of them. */
function populate(world: World, lifecycle?: Parameters<typeof populateRun>[1]): void {
  populateRun(world, lifecycle);
  const run = runIn(world);
  if (run === undefined) throw new Error('The run was made');
  const annotations = { ...run.metadata.annotations, [ANNOTATIONS.delegates]: 'true' };
  world.store.update(KINDS.AgentRun, run, { ...run, metadata: { ...run.metadata, annotations } });
  const child = (name: string, status: AgentRun['status'], owned = true) =>
    world.store.create(KINDS.AgentRun, {
      apiVersion: API_VERSION,
      kind: 'AgentRun',
      metadata: {
        name,
        namespace,
        labels: { [LABELS.parentRun]: RUN_KEY.name, [LABELS.persona]: 'writer' },
        ...(owned && { ownerReferences: [controllerReference(run)] }),
      },
      spec: { ...run.spec, task: name },
      status,
    } as KubeObject);
  child('working', { phase: 'Running' });
  child('waiting', {});
  child('answered', { phase: 'Succeeded', result: 'Three.' });
  child('stranger', { phase: 'Running' }, false);
}

const childIn = ({ store }: World, name: string) => store.get(KINDS.AgentRun, namespace, name) as AgentRun | undefined;

function checkEnd(world: World): void {
  for (const name of ['answered', 'stranger']) expect(childIn(world, name)?.spec.cancel).toBeUndefined();
  const run = runIn(world);
  // One that was deleted takes its children with it.
  if (run === undefined || !isTerminalPhase(run.status?.phase)) return;
  for (const name of ['working', 'waiting']) expect(childIn(world, name)?.spec.cancel).toBe(true);
  expect(run.status?.delegates).toEqual([
    { childRunName: 'answered', targetPersona: 'writer', phase: 'Succeeded', result: 'Three.' },
    { childRunName: 'waiting', targetPersona: 'writer' },
    { childRunName: 'working', targetPersona: 'writer', phase: 'Running' },
  ]);
}

const scenarioOf = (
  lifecycle?: Parameters<typeof populateRun>[1],
): Scenario<Parameters<typeof agentRunReconciler.plan>[0], typeof config, RunMove> => ({
  reconciler: agentRunReconciler,
  config,
  key: RUN_KEY,
  populate: (world) => populate(world, lifecycle),
  move: runMove,
  play: playRunMove,
  calm: ({ bus }) => bus.setAway(false),
  check: () => {},
  checkEnd,
});

describe('a run that is over, however it ended and wherever its passes were cut', () => {
  it.each([
    ['without hooks', undefined],
    ['with hooks', hooks()],
  ])(
    'has ended the runs that its agent asked for, and says what became of them, %s [RUN-W55] [CTL-WD2]',
    async (_, lifecycle) => {
      await checkReconciler(scenarioOf(lifecycle), { worlds: 500 });
    },
    120_000,
  );
});
