import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { AGENT_RUN_PHASES, isTerminalPhase } from '../../crds/conditions.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import { runSubject } from '../../shared/bus/subjects.ts';
import { rfc3339 } from '../../shared/kube/conditions.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { JOBS, PODS } from '../../shared/kube/resources.ts';
import type { Job } from '../../shared/pods/job.ts';
import type { Pod } from '../../shared/pods/pod.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { createPod, endContainer, startPod } from './agentrun-world.ts';
import { createWorld, type World } from './world/world.ts';

const NAMESPACE = 'team';
const config = loadRunConfig({});

interface Line {
  max: number;
  runs: RunInLine[];
}

interface RunInLine {
  /** Index of the run that starts it, if any: always an earlier one. */
  parent: number | undefined;
  /** Seconds by which the clock of the API server that takes it is late, so that it may pass others in line. */
  late: number;
}

const line: fc.Arbitrary<Line> = fc.integer({ min: 1, max: 7 }).chain((count) =>
  fc.record({
    max: fc.integer({ min: 1, max: 3 }),
    runs: fc.tuple(
      ...Array.from({ length: count }, (_, index) =>
        fc.record({
          parent:
            index === 0 ? fc.constant(undefined) : fc.option(fc.nat({ max: index - 1 }), { nil: undefined, freq: 3 }),
          late: fc.nat({ max: 9 }),
        }),
      ),
    ),
  }),
);

function populate({ store }: World, max: number): void {
  const object = (kind: string, name: string, spec: object) =>
    ({ apiVersion: API_VERSION, kind, metadata: { name, namespace: NAMESPACE }, spec }) as KubeObject;
  store.create(
    KINDS.SympoziumPolicy,
    object('SympoziumPolicy', 'p', { subagentPolicy: { maxDepth: 9, maxConcurrent: max } }),
  );
  store.create(
    KINDS.SympoziumInstance,
    object('SympoziumInstance', 'inst', { policyRef: 'p', agents: { default: { model: 'small' } } }),
  );
}

const PLAIN: RunInLine = { parent: undefined, late: 0 };
const nameOf = (index: number): string => `run-${index}`;

function createRun({ store, clock }: World, index: number, { parent, late }: RunInLine): void {
  const run = store.create(KINDS.AgentRun, {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: { name: nameOf(index), namespace: NAMESPACE },
    spec: {
      instanceRef: 'inst',
      agentId: '',
      sessionKey: '',
      task: 'Count.',
      cleanup: 'delete',
      mode: 'task',
      model: { provider: 'openai', model: 'small', authSecretRef: '' },
      ...(parent !== undefined && { parent: { runName: nameOf(parent), sessionKey: '', spawnDepth: 1 } }),
    },
  } as KubeObject);
  const creationTimestamp = rfc3339(new Date(clock.now().getTime() - late * 1000));
  store.update(KINDS.AgentRun, run, { ...run, metadata: { ...run.metadata, creationTimestamp } });
}

const runs = ({ store }: World): AgentRun[] => store.all(KINDS.AgentRun).map(({ object }) => object as AgentRun);
const runOf = (world: World, name: string) => runs(world).find(({ metadata }) => metadata.name === name);
const isAtWork = (run: AgentRun | undefined): boolean => run?.status?.phase === AGENT_RUN_PHASES.running;
const isOver = ({ status }: AgentRun): boolean => isTerminalPhase(status?.phase);
const hasJob = ({ store }: World, { metadata }: AgentRun): boolean =>
  store.get(JOBS, NAMESPACE, metadata.name) !== undefined;
const children = (world: World, { metadata }: AgentRun) =>
  runs(world).filter((run) => run.spec.parent?.runName === metadata.name && !isOver(run));

/** Runs with a Job that wait for no run of theirs. */
const atWork = (world: World): AgentRun[] =>
  runs(world).filter(
    (run) => hasJob(world, run) && !isOver(run) && children(world, run).every((one) => !hasJob(world, one)),
  );

/** A world with many runs, whose passes go on at the same time and meet around what they decide by: the list and the claim. */
function drive(world: World, max: number, s?: fc.Scheduler) {
  const meet = <T extends object>(target: T, names: (keyof T & string)[]): T => {
    if (s === undefined) return target;
    const wrapped = names.map((name) => {
      const call = target[name] as (...args: unknown[]) => Promise<unknown>;
      return [name, async (...args: unknown[]) => s.schedule(Promise.resolve(), name).then(() => call(...args))];
    });
    return { ...target, ...Object.fromEntries(wrapped) };
  };
  const kube = meet(world.kube, ['list', 'replace']);

  async function pass(name: string): Promise<void> {
    const key = { namespace: NAMESPACE, name };
    const { bus, clock } = world;
    await reconcile(
      agentRunReconciler,
      key,
      { kube, bus, config, now: clock.now, report: () => undefined },
      new AbortController().signal,
    );
    expect(atWork(world).length).toBeLessThanOrEqual(max);
  }
  /** Passes over all runs at once, twice each, while others are created and get theirs. */
  async function burst(names: readonly string[], arrivals: readonly (() => string)[]): Promise<void> {
    const arrive = async (create: () => string) => {
      await s?.schedule(Promise.resolve(), 'create');
      await pass(create());
    };
    const passes = Promise.all([...[...names, ...names].map(pass), ...arrivals.map(arrive)]);
    await s?.waitFor(passes);
    await passes;
  }
  return { pass, burst };
}

function runPods(world: World): void {
  for (const { object } of world.store.all(JOBS)) {
    const job = object as Job;
    const name = `${job.metadata.name}-x1y2z`;
    if (world.store.get(PODS, NAMESPACE, name) === undefined) {
      createPod(world, job);
      startPod(world, world.store.get(PODS, NAMESPACE, name) as Pod);
    }
  }
}

function finish(world: World, run: AgentRun): void {
  const { name, uid = '' } = run.metadata;
  const pod = world.store.get(PODS, NAMESPACE, `${name}-x1y2z`) as Pod;
  const data = { status: 'success', response: 'Three.' };
  world.bus.put(`${runSubject({ namespace: NAMESPACE, name, uid })}.completed`, { data });
  endContainer(world, pod, 'agent', 0, '');
}

describe('runs under a limit', () => {
  it('are never more at work than it lets, whatever passes meet, and all end [RUN-W36] [CTL-WA6]', async () => {
    const property = fc.asyncProperty(line, fc.scheduler(), async ({ max, runs: told }, s) => {
      const world = createWorld();
      populate(world, max);
      const { burst } = drive(world, max, s);
      const coming = new Map(told.entries());
      const isBusy = (name: string) =>
        [...coming.values()].some(({ parent }) => parent !== undefined && nameOf(parent) === name);
      for (let step = 0; step < 60 && (coming.size > 0 || runs(world).some((run) => !isOver(run))); step += 1) {
        const due = [...coming].filter(
          ([, { parent }]) => parent === undefined || isAtWork(runOf(world, nameOf(parent))),
        );
        for (const [index] of due) coming.delete(index);
        const arrivals = due.map(([index, run]) => () => {
          createRun(world, index, run);
          return nameOf(index);
        });
        await burst(
          runs(world)
            .filter((run) => !isOver(run))
            .map(({ metadata }) => metadata.name),
          arrivals,
        );
        runPods(world);
        world.clock.advance(5);
        const done = runs(world).find(
          (run) => isAtWork(run) && children(world, run).length === 0 && !isBusy(run.metadata.name),
        );
        if (done !== undefined) finish(world, done);
      }
      expect(coming.size).toBe(0);
      expect(runs(world).map(({ status }) => status?.phase)).toEqual(told.map(() => AGENT_RUN_PHASES.succeeded));
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('start in order, each woken by the end of the one before, with no look in between', async () => {
    const world = createWorld();
    populate(world, 1);
    const { pass } = drive(world, 1);
    for (let index = 0; index < 4; index += 1) {
      createRun(world, index, PLAIN);
      await pass(nameOf(index));
      world.clock.advance(1);
    }
    const started: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      runPods(world);
      const run = runs(world).find((one) => hasJob(world, one) && !isOver(one));
      if (run === undefined) throw new Error('Nobody is at work');
      started.push(run.metadata.name);
      await pass(run.metadata.name);
      finish(world, run);
      await pass(run.metadata.name);
      const woken = world.bus.published().findLast(({ subject }) => subject.endsWith('.slot'));
      if (turn < 3) await pass(woken?.subject.split('.')[3] ?? '');
    }
    expect(started).toEqual(['run-0', 'run-1', 'run-2', 'run-3']);
  });

  it('say what they wait for and where in line they are, and write nothing more while that stays so [RUN-008]', async () => {
    const world = createWorld();
    populate(world, 1);
    const { pass } = drive(world, 1);
    for (let index = 0; index < 3; index += 1) {
      createRun(world, index, PLAIN);
      await pass(nameOf(index));
    }
    const status = runOf(world, 'run-2')?.status;
    expect(status).toMatchObject({ phase: 'Pending', conditions: [{ status: 'Unknown', reason: 'WaitingForSlot' }] });
    expect(status?.conditions?.[0]?.message).toBe(
      'The run waits for a free slot: SympoziumPolicy "p" lets 1 run of SympoziumInstance "inst" be at work at a time; it is number 2 in line',
    );
    const writes = world.interrupt.writes().length;
    world.clock.advance(3600);
    await pass('run-2');
    expect(world.interrupt.writes().length).toBe(writes);
  });
});
