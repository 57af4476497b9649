import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, type Cluster, type Scenario, withControlPlane, withNamespace } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { inParallel, names } from '../load.ts';
import { type Usage, usageOf } from '../memory.ts';
import { createRun, durations, first, keptResult, last } from '../runs.ts';
import { displacements, percentile } from '../stats.ts';
import { type RunRecord, watchRuns } from '../timeline.ts';
import { type Floor, floorOf } from './floor.ts';

/** Creates under way at once, which is every socket of the client. */
const WRITERS = 64;
/** After the last end, until garbage is collected and timers are quiet. */
const REST_MS = 10_000;

/** All runs created at once, beside the floor of the same machine in the same minutes; memory before and after, and after as many more. */
export const burst: Scenario = {
  name: 'burst',
  async measure(bench, cluster) {
    const floor = await floorOf(bench, cluster);
    const { kubeconfig } = cluster;
    const { records, ...usage } = await withControlPlane(
      bench,
      { relay: kubeconfig, host: kubeconfig },
      async (plane) => {
        await sleep(REST_MS);
        const before = await usageOf(plane);
        const measured = await withNamespace(cluster, 'burst', async (namespace) => {
          const records = await createAll(bench, cluster, namespace);
          await sleep(REST_MS);
          return { records, before, after: await usageOf(plane) };
        });
        await withNamespace(cluster, 'again', (namespace) => createAll(bench, cluster, namespace));
        await sleep(REST_MS);
        return { ...measured, again: await usageOf(plane) };
      },
    );
    return [...speed(records, floor), ...outcomes(records), ...usageFigures(usage, records.length)];
  },
};

async function createAll({ options, tell }: Bench, { kube }: Cluster, namespace: string): Promise<RunRecord[]> {
  const timeline = await watchRuns(kube, namespace);
  tell(`${options.runs} runs at once`);
  await inParallel(names('burst', options.runs), WRITERS, (name) => createRun(kube, namespace, name, timeline));
  tell('all created');
  await timeline.until('jobAt', options.runs);
  tell('all have a Job');
  await timeline.until('terminalAt', options.runs);
  tell('all terminal');
  await timeline.until('releasedAt', options.runs);
  timeline.stop();
  return timeline.records();
}

function speed(records: readonly RunRecord[], floor: Floor): Figure[] {
  const begin = first(records.map(({ sentAt }) => sentAt));
  const seconds = (times: readonly (number | undefined)[]) => (last(times) - begin) / 1000;
  const terminalAfter = seconds(records.map(({ terminalAt }) => terminalAt));
  const toJob = durations(records, 'sentAt', 'jobAt');
  const toTerminal = durations(records, 'sentAt', 'terminalAt');
  const order = (moment: 'seenAt' | 'jobAt') =>
    records.toSorted((a, b) => (a[moment] ?? 0) - (b[moment] ?? 0)).map(({ name }) => name);
  const moved = displacements(order('seenAt'), order('jobAt'));
  const from = `${records.length} runs, arrival of watch events; times from each create request`;
  return [
    figure(
      'all terminal after, to the floor',
      terminalAfter / floor.jobsCompleteAfter,
      '×',
      `${terminalAfter.toFixed(1)} s to the floor's ${floor.jobsCompleteAfter.toFixed(1)} s (Jobs Complete), of the same bench`,
      1.5,
    ),
    figure('Jobs per second', records.length / seconds(records.map(({ jobAt }) => jobAt)), '1/s', from),
    figure('finished per second', records.length / terminalAfter, '1/s', from),
    figure('all created after', seconds(records.map(({ answeredAt }) => answeredAt)), 's', `${WRITERS} writers`),
    figure('create → Job p50', percentile(toJob, 0.5) / 1000, 's', from),
    figure('create → Job p99', percentile(toJob, 0.99) / 1000, 's', from, 25),
    figure('create → terminal p50', percentile(toTerminal, 0.5) / 1000, 's', from),
    figure('create → terminal p99', percentile(toTerminal, 0.99) / 1000, 's', from),
    figure(
      'pod ended → terminal p99',
      percentile(durations(records, 'podEndedAt', 'terminalAt'), 0.99) / 1000,
      's',
      from,
    ),
    figure(
      'places out of the order of creation, p99',
      percentile(moved, 0.99),
      '',
      'order of the Jobs in their watch to that of the runs in theirs',
    ),
  ];
}

function outcomes(records: readonly RunRecord[]): Figure[] {
  const failed = records.filter(({ phase }) => phase !== 'Succeeded');
  const example = failed[0]?.error === undefined ? '' : `; one says: ${failed[0].error.slice(0, 80)}`;
  return [
    figure(
      'runs without their result',
      records.filter((record) => !keptResult(record)).length,
      '',
      `status.result of ${records.length} runs is what their own pod logged`,
      0,
    ),
    figure('runs not Succeeded', failed.length, '', `status.phase${example}`, 0),
  ];
}

function usageFigures({ before, after, again }: Record<'before' | 'after' | 'again', Usage>, runs: number): Figure[] {
  const rest = `VmRSS ${REST_MS / 1000} s after the start`;
  const ended = `VmRSS ${REST_MS / 1000} s after the last of ${runs} runs`;
  return [
    figure('relay at rest', before.relayMb, 'MB', rest, 90),
    figure('relay after the runs', after.relayMb, 'MB', ended),
    figure('relay growth', after.relayMb - before.relayMb, 'MB', 'difference of both: the first load'),
    figure('relay growth over as many more', again.relayMb - after.relayMb, 'MB', `a second burst of ${runs} runs`, 5),
    figure('host at rest', before.hostMb, 'MB', rest),
    figure('host after the runs', after.hostMb, 'MB', ended),
    figure('host growth over as many more', again.hostMb - after.hostMb, 'MB', `a second burst of ${runs} runs`),
    figure('relay CPU', ((after.relayCpu - before.relayCpu) * 1000) / runs, 'ms', 'CPU time per run'),
    figure('host CPU', ((after.hostCpu - before.hostCpu) * 1000) / runs, 'ms', 'CPU time per run'),
  ];
}

function figure(name: string, value: number, unit: Figure['unit'], from: string, limit?: number): Figure {
  return { scenario: 'burst', name, value, unit, from, ...(limit !== undefined && { limit }) };
}
