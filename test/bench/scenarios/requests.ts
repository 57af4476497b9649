import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Cluster, Scenario } from '../bench.ts';
import { type CountedPlane, withCountedPlane } from '../counted-plane.ts';
import type { Figure } from '../figure.ts';
import { atRate, inParallel, names } from '../load.ts';
import { passesOf } from '../relay-metrics.ts';
import { isWrite } from '../request-kind.ts';
import { createRun } from '../runs.ts';
import { type Timeline, watchRuns } from '../timeline.ts';

interface Stage extends CountedPlane {
  bench: Bench;
  cluster: Cluster;
  timeline: Timeline;
}

/** Longer than what a pass, its events and a requeue of a second take. */
const QUIET_MS = 3000;
const WRITES_LIMIT = 6;
const HELD = 20;
const HOLD_MS = 600_000;

/** What relay and host ask of the API server per run, counted by a proxy of each; and that a settled run costs no write. */
export const requests: Scenario = {
  name: 'requests',
  measure: (bench, cluster) =>
    withCountedPlane(bench, cluster, 'requests', async (counted) => {
      const timeline = await watchRuns(cluster.kube, counted.namespace);
      const figures = await measureAll({ bench, cluster, timeline, ...counted });
      timeline.stop();
      return figures;
    }),
};

async function measureAll(stage: Stage): Promise<Figure[]> {
  // A stand-in kubelet takes any load; real agents, which the embedded cluster starts, need a core each.
  const { quiet, rate, burst } =
    stage.cluster.kubelet === undefined ? { quiet: 10, rate: 0.5, burst: 10 } : { quiet: 60, rate: 3, burst: 100 };
  await measureRuns(stage, 'first', 3, (all, create) => atRate(all, 1, create));
  return [
    ...(await measureRuns(stage, `${rate} runs per second`, quiet, (all, create) => atRate(all, rate, create), true)),
    ...(await measureRuns(stage, `${burst} runs at once`, burst, (all, create) => inParallel(all, 64, create))),
    ...(stage.cluster.kubelet === undefined ? [] : await measureSettled(stage)),
  ];
}

type Load = (all: string[], create: (name: string) => Promise<void>) => Promise<void>;

async function measureRuns(stage: Stage, what: string, count: number, load: Load, isQuiet = false): Promise<Figure[]> {
  const { bench, cluster, namespace, plane, take, timeline } = stage;
  bench.tell(`requests: ${what}`);
  take();
  const [before, passes] = [timeline.records().length, await passesOf(plane)];
  await load(names(`r${before}`, count), (name) => createRun(cluster.kube, namespace, name, timeline));
  await timeline.until('releasedAt', before + count);
  await sleep(QUIET_MS);
  const { relay, host } = take();
  const from = `${count} runs, ${what}; counted by a proxy before the API server`;
  const sum = (counts: Map<string, number>, wanted: (kind: string) => boolean) =>
    [...counts].reduce((total, [kind, times]) => total + (wanted(kind) ? times : 0), 0);
  const perRun = (kind: string, times: number, limit?: number) =>
    figure(`${what}: ${kind}`, times / count, 'per run', from, limit);
  return [
    perRun('writes', sum(host, isWrite) + sum(relay, isWrite), WRITES_LIMIT),
    figure(
      `${what}: conflicts`,
      sum(host, (kind) => kind.endsWith(' 409')),
      '',
      from,
      isQuiet ? 0 : undefined,
    ),
    perRun(
      'reads',
      sum(host, (kind) => !isWrite(kind)),
    ),
    perRun('passes', (await passesOf(plane)) - passes),
    ...[...host].sort().map(([kind, times]) => perRun(`host ${kind}`, times)),
    ...[...relay].sort().map(([kind, times]) => perRun(`relay ${kind}`, times)),
  ];
}

/** Runs that are under way and need nothing: the restarted relay gives each a pass, and none may write. */
async function measureSettled({ bench, cluster, namespace, plane, take, timeline }: Stage): Promise<Figure[]> {
  bench.tell('requests: passes over settled runs');
  cluster.kubelet?.setRunMs(HOLD_MS);
  const before = timeline.records().length;
  await inParallel(names('held', HELD), HELD, (name) => createRun(cluster.kube, namespace, name, timeline));
  await timeline.until('jobAt', before + HELD);
  await sleep(2 * QUIET_MS);
  cluster.kubelet?.setRunMs(2000);
  take();
  await plane.restartRelay();
  await sleep(2 * QUIET_MS);
  const { relay, host } = take();
  const passes = await passesOf(plane);
  const writes = [...host, ...relay].reduce((total, [kind, times]) => total + (isWrite(kind) ? times : 0), 0);
  const from = `restart of the relay with ${HELD} runs under way and ${before} finished`;
  return [
    figure('settled runs: writes', writes, '', from, 0),
    figure('settled runs: passes', passes, '', from),
    figure(
      'settled runs: reads',
      [...host].reduce((total, [kind, times]) => total + (isWrite(kind) ? 0 : times), 0),
      '',
      from,
    ),
  ];
}

function figure(name: string, value: number, unit: Figure['unit'], from: string, limit?: number): Figure {
  return { scenario: 'requests', name, value, unit, from, ...(limit !== undefined && { limit }) };
}
