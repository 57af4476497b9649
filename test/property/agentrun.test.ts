import { describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import type { LifecycleHooks } from '../../crds/lifecycle.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import { JOBS, PODS } from '../../shared/kube/resources.ts';
import { type Job, jobEnd } from '../../shared/pods/job.ts';
import type { Pod } from '../../shared/pods/pod.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import type { RunMove } from './agentrun-world.ts';
import {
  endContainer,
  endPod,
  hooks,
  playRunMove,
  populateRun,
  publishResult,
  RUN_KEY,
  runIn,
  runMove,
  sceneOf,
} from './agentrun-world.ts';
import { checkReconciler, type History, type Scenario } from './harness.ts';
import { createWorld, type World } from './world/world.ts';

const config = loadRunConfig({});

type RunScenario = Scenario<Parameters<typeof agentRunReconciler.plan>[0], typeof config, RunMove>;

const scenarioOf = (lifecycle?: LifecycleHooks, retries = 0, agentSandbox?: { enabled: boolean }): RunScenario => ({
  reconciler: agentRunReconciler,
  config,
  key: RUN_KEY,
  populate: (world) => populateRun(world, lifecycle, retries, agentSandbox),
  move: runMove,
  play: playRunMove,
  calm: ({ bus }) => bus.setAway(false),
  check: (world, history) => holdsAlways(world, history, retries),
  checkEnd: holdsAtRest,
});

/** At most one Job of the agent for each attempt and one of its hooks ever, a phase that never goes back, and never two different terminal events. */
function holdsAlways({ store, bus }: World, { primaries }: History, retries: number): void {
  const runs = store.created('AgentRun');
  for (const component of [COMPONENTS.agentRun, COMPONENTS.postRun]) {
    const made = store.created('Job').filter(({ object }) => object.metadata.labels?.[LABELS.component] === component);
    const attempts = component === COMPONENTS.agentRun ? 1 + retries : 1;
    expect(made.length).toBeLessThanOrEqual(runs.length * attempts);
  }
  const phases = primaries.map((run) => rank(run as AgentRun));
  expect(phases).toEqual(phases.toSorted((a, b) => a - b));
  const told = bus.published().filter(({ id }) => id.endsWith('-terminal'));
  expect(told.length).toBeLessThanOrEqual(runs.length);
  // A repeat is the same message, or consumers that saw the first would be misled.
  for (const message of bus.attempts()) expect(message).toEqual(told.find(({ id }) => id === message.id));
}

function rank({ status }: AgentRun): number {
  if (isTerminalPhase(status?.phase)) return 3;
  return ['Running', 'PostRunning'].indexOf(status?.phase ?? '') + 1;
}

/** Every run ends, with a reason, one event and its mark; or it was deleted before anything was done for it. */
function holdsAtRest(world: World, { primaries }: History): void {
  const run = runIn(world);
  const told = world.bus.published();
  if (run === undefined) {
    const begun = primaries.some(({ metadata }) => (metadata.finalizers ?? []).length > 0);
    expect(told.length).toBe(begun ? 1 : 0);
    expect(world.store.all(JOBS)).toEqual([]);
    return;
  }
  expect(isTerminalPhase(run.status?.phase)).toBe(true);
  expect(run.status?.conditions?.[0]).toMatchObject({
    type: 'Succeeded',
    reason: expect.stringMatching(/^[A-Z]/),
    message: expect.stringMatching(/./),
  });
  expect(run.metadata.labels?.[LABELS.finished]).toBe('true');
  expect(run.metadata.finalizers).toEqual([]);
  expect(told).toHaveLength(1);
  // A Job that goes on must be one whose agent reported, since its bridge ends it.
  const reported = ['Succeeded', 'AgentFailed'].includes(
    run.status?.resolution?.postRun?.reason ?? run.status?.conditions?.[0]?.reason ?? '',
  );
  for (const kind of ['Role', 'RoleBinding', 'PersistentVolumeClaim']) expect(alive(world, kind)).toEqual([]);
  // An answer that was let through is in the status anyway.
  const released = ['approved', 'allowed-by-default'].includes(run.status?.gateVerdict ?? '');
  const held = alive(world, 'ConfigMap').filter((name) => name.endsWith('-held-answer'));
  expect(released ? [] : held).toEqual([]);
  expect(run.status?.conditions?.filter(({ type }) => type === 'PostRunFailed').length).toBeLessThanOrEqual(1);
  for (const { object } of world.store.all(JOBS)) expect(reported || jobEnd(object as Job) !== undefined).toBe(true);
  expect(alive(world, 'Sandbox')).toEqual([]);
  const { hookJob } = sceneOf(world);
  expect(hookJob === undefined || jobEnd(hookJob) !== undefined).toBe(true);
}

const alive = ({ store }: World, kind: string): string[] =>
  store.all().flatMap(({ object }) => (object.kind === kind ? [object.metadata.name] : []));

describe('the AgentRun reconciler', () => {
  it('settles, replays, survives a cut after every write and is polite in all worlds [RUN-W02] [RUN-W07] [RUN-W12] [RUN-W34]', async () => {
    await checkReconciler(scenarioOf(), { worlds: 1000 });
  });

  it.each<{ what: string; lifecycle: LifecycleHooks }>([
    { what: 'hooks', lifecycle: hooks() },
    { what: 'hooks and a gate that blocks by default', lifecycle: hooks({ gate: 'block' }) },
    { what: 'hooks and a gate that allows by default', lifecycle: hooks({ gate: 'allow' }) },
  ])(
    'does so for runs with $what, and runs no hook twice [RUN-W02] [RUN-W09] [RUN-W41] [RUN-W62]',
    async ({ lifecycle }) => {
      await checkReconciler(scenarioOf(lifecycle), { worlds: 334 });
    },
  );

  it.each<{ what: string; lifecycle?: LifecycleHooks }>([
    { what: 'plain runs' },
    { what: 'runs with hooks and a gate', lifecycle: hooks({ gate: 'block' }) },
  ])('does so for $what in Sandboxes, of which none stays [RUN-W45]', async ({ lifecycle }) => {
    await checkReconciler(scenarioOf(lifecycle, 0, { enabled: true }), { worlds: 500 });
  });

  it.each<{ what: string; lifecycle?: LifecycleHooks }>([
    { what: 'plain runs' },
    { what: 'runs with hooks and a gate', lifecycle: hooks({ gate: 'block' }) },
  ])('begins $what anew as often as their policy lets, and never when they have answered', async ({ lifecycle }) => {
    await checkReconciler(scenarioOf(lifecycle, 2), { worlds: 250 });
  });

  it('begins a run anew whose pods are lost, in a pod of its own each time, and tells of its end once', async () => {
    const world = createWorld();
    populateRun(world, undefined, 2);
    const pass = () => {
      const dependencies = { ...world, config, now: world.clock.now, report: () => {} };
      return reconcile(agentRunReconciler, RUN_KEY, dependencies, new AbortController().signal);
    };
    const lose = async (what: 'podEvicted' | 'podLost') => {
      for (const move of [{ what: 'podCreated' }, { what: 'agentStarts' }] as const) {
        playRunMove(world, move);
        await pass();
      }
      playRunMove(world, { what });
      await pass();
      world.collect();
    };
    await pass();
    await lose('podEvicted');
    expect(runIn(world)?.status).toMatchObject({
      phase: 'Running',
      jobName: 'run-1-retry-1',
      resolution: { attempt: 1 },
    });
    await lose('podLost');
    expect(runIn(world)?.status).toMatchObject({ phase: 'Running', jobName: 'run-1-retry-2' });
    await lose('podEvicted');
    expect(runIn(world)?.status).toMatchObject({ phase: 'Failed', conditions: [{ reason: 'Evicted' }] });
    expect(world.bus.published()).toHaveLength(1);
    expect(world.store.created('Job')).toHaveLength(3);
  });

  it.each<{ what: string; moves: RunMove[]; ends: string }>([
    {
      what: 'an answer was there before the pod was lost',
      moves: [{ what: 'agentEnds', exitCode: 0, said: 'bus', status: 'success' }, { what: 'podEvicted' }],
      ends: 'Succeeded',
    },
    {
      what: 'its agent reported an error',
      moves: [{ what: 'agentEnds', exitCode: 1, said: 'bus', status: 'error' }, { what: 'podEnds' }],
      ends: 'AgentFailed',
    },
    {
      what: 'its agent ran out of memory',
      moves: [{ what: 'agentEnds', exitCode: 137, said: 'nothing', status: 'error' }, { what: 'podEnds' }],
      ends: 'PodFailed',
    },
    { what: 'its time is over', moves: [{ what: 'time', seconds: 1000 }], ends: 'Timeout' },
  ])('does not begin a run anew when $what', async ({ moves, ends }) => {
    const world = createWorld();
    populateRun(world, undefined, 2);
    const pass = () => {
      const dependencies = { ...world, config, now: world.clock.now, report: () => {} };
      return reconcile(agentRunReconciler, RUN_KEY, dependencies, new AbortController().signal);
    };
    await pass();
    for (const move of [{ what: 'podCreated' }, { what: 'agentStarts' }, ...moves] as RunMove[])
      playRunMove(world, move);
    await pass();
    await pass();
    expect(runIn(world)?.status?.conditions?.[0]?.reason).toBe(ends);
    expect(world.store.created('Job')).toHaveLength(1);
  });

  it.each([1, 2, 3, 4, 5])(
    'takes the Job that it has just made for what it is when a pass was cut after %i writes [RUN-W10] [RUN-W12]',
    async (writes) => {
      const world = createWorld();
      populateRun(world);
      const pass = () => {
        const dependencies = { ...world, config, now: world.clock.now, report: () => {} };
        return reconcile(agentRunReconciler, RUN_KEY, dependencies, new AbortController().signal);
      };
      world.interrupt.killAfter(writes);
      await pass().catch(() => undefined);
      world.interrupt.killAfter(undefined);
      for (const _ of [1, 2, 3]) await pass();
      playRunMove(world, { what: 'podCreated' });
      await pass();
      expect(runIn(world)?.status?.phase).toBe('Running');
      expect(world.store.created('Job')).toHaveLength(1);
    },
  );

  it.each([0, 1, 2, 3])(
    'ends a cancelled run by the next pass, with nothing left of it, after %i steps',
    async (steps) => {
      const world = createWorld();
      populateRun(world, hooks({ gate: 'block' }));
      const pass = () => {
        const dependencies = { ...world, config, now: world.clock.now, report: () => {} };
        return reconcile(agentRunReconciler, RUN_KEY, dependencies, new AbortController().signal);
      };
      const moves: RunMove[][] = [
        [],
        [{ what: 'podCreated' }, { what: 'agentStarts' }],
        [{ what: 'agentEnds', exitCode: 0, said: 'bus', status: 'success' }, { what: 'podEnds' }],
      ];
      for (const step of moves.slice(0, steps)) {
        for (const move of step) playRunMove(world, move);
        await pass();
      }
      playRunMove(world, { what: 'runCancelled' });
      await pass();
      expect(runIn(world)?.status).toMatchObject({ phase: 'Failed', conditions: [{ reason: 'Cancelled' }] });
      world.collect();
      const open = world.store.all(JOBS).filter(({ object }) => jobEnd(object as Job) === undefined);
      expect(open).toEqual([]);
      for (const kind of ['Role', 'RoleBinding', 'PersistentVolumeClaim']) expect(alive(world, kind)).toEqual([]);
      expect(world.bus.published().map(({ subject }) => subject)).toEqual(['sympozium.agent.run.failed']);
      expect(await pass()).toEqual({ outcome: 'settled' });
    },
  );

  it.each([1, 2, 3])(
    'tells of a run that was cancelled before its first pass, when that was cut after %i writes',
    async (writes) => {
      const world = createWorld();
      populateRun(world);
      playRunMove(world, { what: 'runCancelled' });
      const pass = () => {
        const dependencies = { ...world, config, now: world.clock.now, report: () => {} };
        return reconcile(agentRunReconciler, RUN_KEY, dependencies, new AbortController().signal);
      };
      world.interrupt.killAfter(writes);
      await pass();
      world.interrupt.killAfter(undefined);
      await pass();
      expect(runIn(world)?.status?.conditions?.[0]?.reason).toBe('Cancelled');
      expect(world.bus.published().map(({ subject }) => subject)).toEqual(['sympozium.agent.run.failed']);
    },
  );

  it('takes a plain run from Pending to Succeeded in six writes when all goes well', async () => {
    const world = createWorld();
    populateRun(world);
    const pass = () =>
      reconcile(
        agentRunReconciler,
        RUN_KEY,
        { ...world, config, now: world.clock.now, report: () => {} },
        new AbortController().signal,
      );
    await pass();
    // The namespace's ServiceAccount is made once, for all its runs.
    expect(world.interrupt.writes().filter((write) => !write.includes('ServiceAccount'))).toHaveLength(3);
    playRunMove(world, { what: 'podCreated' });
    await pass();
    playRunMove(world, { what: 'agentStarts' });
    await pass();
    publishResult(world, { status: 'success', response: 'Three.', metrics: { inputTokens: 1, outputTokens: 2 } });
    const pod = world.store.all(PODS)[0]?.object as Pod;
    endContainer(world, pod, 'agent', 0, '');
    await pass();
    endPod(world, world.store.all(PODS)[0]?.object as Pod, world.store.all(JOBS)[0]?.object as Job);
    await pass();
    expect(world.interrupt.writes().filter((write) => !/ServiceAccount|publish/.test(write))).toHaveLength(6);
    expect(runIn(world)?.status).toMatchObject({ phase: 'Succeeded', result: 'Three.' });
  });
});
