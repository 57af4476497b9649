import { type Scenario, withControlPlane, withNamespace } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { atRate, names } from '../load.ts';
import { createRun, durations, postRun } from '../runs.ts';
import { percentile } from '../stats.ts';
import { type RunRecord, type Timeline, watchRuns } from '../timeline.ts';

const PER_SECOND = 10;
const SECONDS = 30;
/** Runs before the measurement, so that it shows compiled code and open connections. */
const WARM_UP = 30;

/** Ten runs a second, first through the Kubernetes API, then through the REST API. */
export const steady: Scenario = {
  name: 'steady',
  async measure(bench, cluster) {
    const { kubeconfig } = cluster;
    return withControlPlane(bench, { relay: kubeconfig, host: kubeconfig }, (plane) =>
      withNamespace(cluster, 'steady', async (namespace) => {
        const timeline = await watchRuns(cluster.kube, namespace);
        const count = PER_SECOND * SECONDS;
        const create = (name: string) => createRun(cluster.kube, namespace, name, timeline);
        const post = (name: string) => postRun(plane, namespace, name, timeline);
        await ended(
          timeline,
          atRate(names('warm', WARM_UP), PER_SECOND, (name) => (name.endsWith('0') ? post : create)(name)),
          WARM_UP,
        );
        bench.tell(`${count} runs, ${PER_SECOND} per second, through the Kubernetes API`);
        await ended(timeline, atRate(names('steady', count), PER_SECOND, create), WARM_UP + count);
        bench.tell(`${count} runs, ${PER_SECOND} per second, through the REST API`);
        await ended(timeline, atRate(names('posted', count), PER_SECOND, post), WARM_UP + 2 * count);
        timeline.stop();
        const of = (prefix: string) => timeline.records().filter(({ name }) => name.startsWith(prefix));
        return figures(of('steady-'), of('posted-'));
      }),
    );
  },
};

async function ended(timeline: Timeline, load: Promise<void>, count: number): Promise<void> {
  await load;
  await timeline.until('releasedAt', count);
}

function figures(direct: readonly RunRecord[], posted: readonly RunRecord[]): Figure[] {
  const from = `${direct.length} runs created at ${PER_SECOND} per second; arrival of watch events`;
  const toJob = durations(direct, 'sentAt', 'jobAt');
  const viaApi = durations(posted, 'sentAt', 'jobAt');
  const toEnd = durations(direct, 'podEndedAt', 'terminalAt');
  const p50 = (values: number[]) => percentile(values, 0.5);
  const p99 = (values: number[]) => percentile(values, 0.99);
  const through = `${posted.length} runs through POST /api/v1/runs, likewise`;
  return [
    figure('create → Job p50', p50(toJob), from, 40),
    figure('create → Job p99', p99(toJob), from, 150),
    figure('of it the create itself p50', p50(durations(direct, 'sentAt', 'answeredAt')), from),
    figure('pod ended → terminal p50', p50(toEnd), from, 200),
    figure('pod ended → terminal p99', p99(toEnd), from, 1000),
    figure('through the REST API: create → Job p50', p50(viaApi), through),
    figure('through the REST API: create → Job p99', p99(viaApi), through),
    figure('through the REST API: more p50', p50(viaApi) - p50(toJob), 'difference of both p50', 20),
  ];
}

function figure(name: string, value: number, from: string, limit?: number): Figure {
  return { scenario: 'steady', name, value, unit: 'ms', from, ...(limit !== undefined && { limit }) };
}
