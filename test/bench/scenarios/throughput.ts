import { type Cluster, type Scenario, withControlPlane, withNamespace } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { closedLoop } from '../load.ts';
import { createRun, durations } from '../runs.ts';
import { percentile } from '../stats.ts';
import { watchRuns } from '../timeline.ts';

const IN_FLIGHT = [1, 16, 64];
const MEASURE_MS = 15_000;
/** Short pods, so that what limits is the control plane and the cluster. */
const POD_MS = 100;

/** A closed loop: as soon as a run ends, the next is created. */
export const throughput: Scenario = {
  name: 'throughput',
  async measure(bench, cluster) {
    const { kubeconfig, kubelet } = cluster;
    kubelet?.setRunMs(POD_MS);
    try {
      return await withControlPlane(bench, { relay: kubeconfig, host: kubeconfig }, async () => {
        const figures: Figure[] = [];
        for (const inFlight of IN_FLIGHT) {
          bench.tell(`${inFlight} runs in flight`);
          figures.push(...(await measureLoop(cluster, inFlight)));
        }
        return figures;
      });
    } finally {
      kubelet?.setRunMs(2000);
    }
  },
};

function measureLoop(cluster: Cluster, inFlight: number): Promise<Figure[]> {
  const { kube } = cluster;
  return withNamespace(cluster, `loop-${inFlight}`, async (namespace) => {
    const timeline = await watchRuns(kube, namespace);
    const perSecond = await closedLoop(inFlight, MEASURE_MS, async (index) => {
      const name = `loop-${index}`;
      const terminal = timeline.terminal(name);
      await createRun(kube, namespace, name, timeline);
      await terminal;
    });
    const records = timeline.records();
    await timeline.until('releasedAt', records.length);
    timeline.stop();
    const from = `closed loop of ${records.length} runs with pods of ${POD_MS} ms`;
    const toTerminal = percentile(durations(records, 'sentAt', 'terminalAt'), 0.5);
    return [
      { scenario: 'throughput', name: `runs per second, ${inFlight} in flight`, value: perSecond, unit: '1/s', from },
      {
        scenario: 'throughput',
        name: `create → terminal p50, ${inFlight} in flight`,
        value: toTerminal,
        unit: 'ms',
        from,
      },
    ];
  });
}
