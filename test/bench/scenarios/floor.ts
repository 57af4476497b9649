import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../../shared/kube/client.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import { CONFIG_MAPS, JOBS, PODS } from '../../../shared/kube/resources.ts';
import type { Job } from '../../../shared/pods/job.ts';
import { type Bench, type Cluster, type Scenario, withNamespace } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { bareJob } from '../job-template.ts';
import { inParallel, names } from '../load.ts';
import { isAdded, watchObjects } from '../object-watch.ts';
import { percentile } from '../stats.ts';

/** What the cluster does with the same Jobs and no control plane. Times in seconds from the first create. */
export interface Floor {
  runs: number;
  jobsPerSecond: number;
  /** Until the last pod's end, and the last Job's condition `Complete`. */
  podsEndedAfter: number;
  jobsCompleteAfter: number;
  createToComplete: number[];
}

/** Creates under way at once: more do not make this API server faster. */
const WRITERS = 32;
/** Five patches of the ConfigMap: with its create, the six more writes of the recorded floor. */
const PATCHES = 5;
const STALL_MS = 60_000;
const OPTIONS = { fieldManager: 'bench' };

const measured = new WeakMap<Bench, Promise<Floor>>();

/** Measured once a bench, whoever asks. */
export function floorOf(bench: Bench, cluster: Cluster): Promise<Floor> {
  const known =
    measured.get(bench) ?? withNamespace(cluster, 'floor', (namespace) => measureFloor(bench, cluster, namespace));
  measured.set(bench, known);
  return known;
}

export const floor: Scenario = {
  name: 'floor',
  async measure(bench, cluster) {
    const { runs, jobsPerSecond, podsEndedAfter, jobsCompleteAfter, createToComplete } = await floorOf(bench, cluster);
    const from = `${runs} bare Jobs with six more writes each, ${WRITERS} writers, no control plane`;
    const figure = (name: string, value: number, unit: Figure['unit']): Figure => ({
      scenario: 'floor',
      name,
      value,
      unit,
      from,
    });
    return [
      figure('Jobs per second', jobsPerSecond, '1/s'),
      figure('finished per second (Job Complete)', runs / jobsCompleteAfter, '1/s'),
      figure('all pods ended after', podsEndedAfter, 's'),
      figure('all Jobs Complete after', jobsCompleteAfter, 's'),
      figure('create → Complete p50', percentile(createToComplete, 0.5) / 1000, 's'),
      figure('create → Complete p99', percentile(createToComplete, 0.99) / 1000, 's'),
    ];
  },
};

interface Moments {
  sent: Map<string, number>;
  created: Map<string, number>;
  complete: Map<string, number>;
  lastEnd: number;
}

async function measureFloor(bench: Bench, cluster: Cluster, namespace: string): Promise<Floor> {
  const { kube } = cluster;
  const { runs } = bench.options;
  const job = await bareJob(bench, cluster, namespace);
  bench.tell(`${runs} bare Jobs`);
  const moments: Moments = { sent: new Map(), created: new Map(), complete: new Map(), lastEnd: 0 };
  const stop = await watchFloor(kube, namespace, moments);
  const begin = performance.now();
  await inParallel(names('floor', runs), WRITERS, (name) => writeOne(kube, namespace, name, job, moments));
  await allComplete(moments, runs);
  stop();
  const lastOf = (times: Map<string, number>) => (Math.max(...times.values()) - begin) / 1000;
  return {
    runs,
    jobsPerSecond: runs / lastOf(moments.created),
    podsEndedAfter: (moments.lastEnd - begin) / 1000,
    jobsCompleteAfter: lastOf(moments.complete),
    createToComplete: [...moments.complete].map(([name, at]) => at - (moments.sent.get(name) ?? begin)),
  };
}

async function watchFloor(kube: KubeClient, namespace: string, moments: Moments): Promise<() => void> {
  const isComplete = (line: string) => line.includes('"type":"Complete"');
  const jobs = await watchObjects<KubeObject>(
    kube,
    JOBS,
    { namespace },
    {
      wanted: (line) => isAdded(line) || isComplete(line),
      seen: ({ metadata: { name } }, at) => {
        if (!moments.sent.has(name)) return;
        if (moments.created.has(name)) moments.complete.set(name, moments.complete.get(name) ?? at);
        else moments.created.set(name, at);
      },
    },
  );
  const pods = await watchObjects<KubeObject>(
    kube,
    PODS,
    { namespace, fieldSelector: 'status.phase=Succeeded' },
    {
      wanted: isAdded,
      seen: (_, at) => {
        moments.lastEnd = at;
      },
    },
  );
  return () => {
    jobs.stop();
    pods.stop();
  };
}

async function writeOne(
  kube: KubeClient,
  namespace: string,
  name: string,
  { spec }: Pick<Job, 'spec'>,
  { sent }: Moments,
): Promise<void> {
  sent.set(name, performance.now());
  const configMap = {
    apiVersion: 'v1',
    kind: CONFIG_MAPS.kind,
    metadata: { name, namespace },
    data: { task: 'x'.repeat(500) },
  };
  await kube.create<KubeObject>(CONFIG_MAPS, configMap, OPTIONS);
  await kube.create(
    JOBS,
    { apiVersion: 'batch/v1', kind: JOBS.kind, metadata: { name, namespace }, spec } as Job,
    OPTIONS,
  );
  for (let patch = 0; patch < PATCHES; patch += 1)
    await kube.mergePatch({ resource: CONFIG_MAPS, namespace, name }, { data: { [`patch-${patch}`]: 'x' } }, OPTIONS);
}

async function allComplete({ complete }: Moments, runs: number): Promise<void> {
  let [before, since] = [-1, performance.now()];
  while (complete.size < runs) {
    if (complete.size > before) [before, since] = [complete.size, performance.now()];
    if (performance.now() - since > STALL_MS) throw new Error(`Only ${complete.size} of ${runs} bare Jobs completed`);
    await sleep(20);
  }
}
