import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import type { LifecycleHooks } from '../../crds/lifecycle.ts';
import { loadRunConfig, type RunConfig } from '../../functions/reconcile-agentrun/config.ts';
import type { Observed } from '../../functions/reconcile-agentrun/observed.ts';
import { JOB_TTL_SECONDS } from '../../functions/reconcile-agentrun/pod/job.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { type Job, jobEnd } from '../../shared/pods/job.ts';
import { playRunMove, populateRun, RUN_KEY, type RunMove, runIn, sceneOf } from '../property/agentrun-world.ts';
import type { World } from '../property/world/world.ts';
import type { Model, Move } from './explore.ts';

export const INVARIANTS = {
  oneJob: 'never two Jobs for a run',
  forward: 'a phase never goes back',
  oneEvent: 'never two terminal events of a run',
  toldAsStored: 'an outcome is stored before it is told',
  gateDecides: 'no gated run ends while its gate is at work',
} as const;

const GATE: LifecycleHooks = {
  postRun: [{ name: 'review', image: 'gate:1', gate: true, timeout: '20m' }],
  gateDefault: 'block',
};

const move = (name: string, cost: Move['cost'], ...moves: RunMove[]): Move => ({
  name,
  cost,
  play: (world) => {
    for (const one of moves) playRunMove(world, one);
  },
});
const answer = { what: 'agentEnds', exitCode: 0, said: 'bus', status: 'success' } as const;
const verdict = { what: 'verdict', text: '{"action":"approve"}' } as const;

/** A person asks once, and of a run that stands. */
const once = (asked: (run: AgentRun) => boolean, one: Move): Move => ({
  ...one,
  play: (world) => {
    const run = runIn(world);
    if (run !== undefined && !asked(run)) one.play(world);
  },
});
const deletion = once(
  ({ metadata }) => metadata.deletionTimestamp !== undefined,
  move('the run is deleted', 1, { what: 'runDeleted' }),
);
const cancel = once(({ spec }) => spec.cancel === true, move('the run is cancelled', 1, { what: 'runCancelled' }));

/** Time passes once for all, or there would be no end to it. */
const timeOut = (seconds: number): Move => {
  const start = Date.parse('2026-01-02T03:04:05Z');
  return {
    name: `${seconds} s pass`,
    cost: 1,
    play: ({ clock }) => {
      if (clock.now().getTime() === start) clock.advance(seconds);
    },
  };
};

/** Jobs are removed five minutes after their end, also of a run that nobody got to in all that time. */
const removal = (what: string, jobOf: (world: World) => Job | undefined, one: RunMove): Move => ({
  name: `${what} is removed`,
  cost: 1,
  slow: true,
  play: (world) => {
    const job = jobOf(world);
    if (job === undefined || jobEnd(job) === undefined) return;
    world.clock.advance(JOB_TTL_SECONDS);
    playRunMove(world, one);
  },
});

const agentMoves = [
  move('the pod of the agent is created and starts', 0, { what: 'podCreated' }, { what: 'agentStarts' }),
  move('the agent answers', 0, answer),
  move('the pod of the agent ends', 0, { what: 'podEnds' }),
  move('the pod of the agent is lost', 1, { what: 'podLost' }),
  removal('the Job of the agent', (world) => sceneOf(world).job, { what: 'jobRemoved' }),
  deletion,
  cancel,
];
const hookMoves = [
  move('the pod of the gate starts', 0, { what: 'hookPodCreated' }, { what: 'hookStarts' }),
  move('a person approves', 0, verdict),
  move('the gate ends', 1, { what: 'hooksEnd', exitCode: 0 }),
  removal('the Job of the gate', (world) => sceneOf(world).hookJob, { what: 'hookJobRemoved' }),
];

const play =
  (...moves: RunMove[]) =>
  (world: World) => {
    for (const one of moves) playRunMove(world, one);
  };
const rest = () => undefined;

function modelOf(name: string, disturbances: number, gate?: LifecycleHooks): Model<Observed, RunConfig> {
  return {
    name,
    reconciler: agentRunReconciler,
    config: loadRunConfig({}),
    key: RUN_KEY,
    disturbances,
    populate: (world) => populateRun(world, gate),
    moves: [...agentMoves, ...(gate === undefined ? [] : hookMoves), timeOut(gate === undefined ? 700 : 1300)],
    broken,
    fair: [
      rest,
      play({ what: 'podCreated' }, { what: 'agentStarts' }),
      play(answer, { what: 'podEnds' }),
      play({ what: 'hookPodCreated' }, { what: 'hookStarts' }),
      play({ what: 'hooksEnd', exitCode: 0 }),
      play({ what: 'time', seconds: 100_000 }),
      rest,
      rest,
    ],
    ended,
  };
}

export const runModel = modelOf('run', 2);
export const gateModel = modelOf('gate', 2, GATE);

function broken(world: World, before: KubeObject | undefined): string | undefined {
  const { store, bus } = world;
  for (const component of [COMPONENTS.agentRun, COMPONENTS.postRun]) {
    const made = store.created('Job').filter(({ object }) => object.metadata.labels?.[LABELS.component] === component);
    if (made.length > 1) return INVARIANTS.oneJob;
  }
  const run = runIn(world);
  if (run !== undefined && rank(run) < rank(before as AgentRun | undefined)) return INVARIANTS.forward;
  const told = bus.attempts().filter(({ id }) => id.endsWith('-terminal'));
  if (new Set(told.map((message) => JSON.stringify(message))).size > 1) return INVARIANTS.oneEvent;
  if (told.length > 0 && run !== undefined && run.metadata.deletionTimestamp === undefined && rank(run) < 3) {
    return INVARIANTS.toldAsStored;
  }
  const { hookJob } = sceneOf(world);
  const ends = rank(run) === 3 && rank(before as AgentRun | undefined) < 3;
  const undecided = run?.status?.gateVerdict === 'timeout' && hookJob !== undefined && jobEnd(hookJob) === undefined;
  return ends && undecided ? INVARIANTS.gateDecides : undefined;
}

function rank(run: AgentRun | undefined): number {
  const { phase } = run?.status ?? {};
  return isTerminalPhase(phase) ? 3 : ['Running', 'PostRunning'].indexOf(phase ?? '') + 1;
}

/** The run has its outcome, told and marked, or is gone; whoever had begun was told of, and nothing goes on. */
function ended(world: World): boolean {
  const run = runIn(world);
  const begun = world.store.created('Job').length > 0;
  const told = world.bus.published().filter(({ id }) => id.endsWith('-terminal')).length;
  if (run === undefined) return told === 1 || !begun;
  return rank(run) === 3 && run.metadata.labels?.[LABELS.finished] === 'true' && told === 1;
}
