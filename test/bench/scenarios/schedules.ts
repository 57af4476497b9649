import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentRun } from '../../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../../crds/group.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import { type Bench, type Cluster, type Scenario, withControlPlane, withNamespace } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { inParallel, names } from '../load.ts';
import { isAdded, watchObjects } from '../object-watch.ts';
import { percentile } from '../stats.ts';

const MANY = 200;
const FEW = 20;
const FEW_TICKS = 2;
const MINUTE_MS = 60_000;
/** After a tick, until none of its runs can be late any more. */
const SETTLE_MS = 20_000;
const WRITERS = 16;
const OPTIONS = { fieldManager: 'bench' };

/** The runs of one load: when each was first seen, by name. */
interface Ticked {
  schedules: number;
  ticks: number;
  /** Milliseconds from the tick to the run's arrival in a watch. */
  late: number[];
  runs: number;
}

/** Schedules of the same minute: how late their runs are, and whether each tick of each has just one. */
export const schedules: Scenario = {
  name: 'schedules',
  async measure(bench, cluster) {
    const { kubeconfig } = cluster;
    return withControlPlane(bench, { relay: kubeconfig, host: kubeconfig }, async () => {
      const few = await ticked(bench, cluster, FEW, FEW_TICKS);
      const many = await ticked(bench, cluster, MANY, bench.options.ticks);
      return [...figures(few, { limitP50: 200 }), ...figures(many, { limitMax: 10_000 })];
    });
  },
};

async function ticked({ tell }: Bench, cluster: Cluster, schedules: number, ticks: number): Promise<Ticked> {
  return withNamespace(cluster, `tick-${schedules}`, async (namespace) => {
    const { kube } = cluster;
    const arrived = new Map<string, number>();
    const watch = await watchObjects<AgentRun & KubeObject>(
      kube,
      KINDS.AgentRun,
      { namespace },
      {
        wanted: isAdded,
        seen: ({ metadata: { name } }, at) => {
          if (!arrived.has(name)) arrived.set(name, performance.timeOrigin + at);
        },
      },
    );
    await afterTick();
    await inParallel(names('tick', schedules), WRITERS, async (name) => {
      await kube.create<KubeObject>(KINDS.SympoziumSchedule, scheduleOf(namespace, name), OPTIONS);
    });
    tell(`${schedules} schedules, ${ticks} ticks`);
    await sleep(ticks * MINUTE_MS - SETTLE_MS / 2);
    await afterTick();
    await suspend(cluster, namespace, schedules);
    watch.stop();
    return { schedules, ticks, late: [...arrived].map(([name, at]) => at - tickOf(name)), runs: arrived.size };
  });
}

/** Well after a tick, so that what is made or suspended now has the next one whole. */
async function afterTick(): Promise<void> {
  const into = Date.now() % MINUTE_MS;
  await sleep(into < SETTLE_MS ? SETTLE_MS - into : MINUTE_MS + SETTLE_MS - into);
}

function scheduleOf(namespace: string, name: string): KubeObject & { spec: object } {
  const spec = { instanceRef: 'default', schedule: '* * * * *', task: 'Tick.', includeMemory: false };
  return { apiVersion: API_VERSION, kind: 'SympoziumSchedule', metadata: { name, namespace }, spec };
}

async function suspend({ kube }: Cluster, namespace: string, schedules: number): Promise<void> {
  await inParallel(names('tick', schedules), WRITERS, async (name) => {
    const at = { resource: KINDS.SympoziumSchedule, namespace, name };
    await kube.mergePatch(at, { spec: { suspend: true } }, OPTIONS);
  });
}

/** The name of a scheduled run ends with its tick and a hash. */
function tickOf(name: string): number {
  const [, date = '', time = ''] = /-(\d{8})-(\d{6})-[0-9a-f]+$/.exec(name) ?? [];
  const parts = [date.slice(0, 4), date.slice(4, 6), date.slice(6)].join('-');
  return Date.parse(`${parts}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`);
}

function figures(
  { schedules, ticks, late, runs }: Ticked,
  { limitP50, limitMax }: { limitP50?: number; limitMax?: number },
): Figure[] {
  const from = `${schedules} schedules, ${ticks} ticks of a minute; from the tick to the run's arrival in a watch`;
  const figure = (name: string, value: number, unit: Figure['unit'], limit?: number): Figure => {
    return {
      scenario: 'schedules',
      name: `${schedules}: ${name}`,
      value,
      unit,
      from,
      ...(limit !== undefined && { limit }),
    };
  };
  return [
    figure('tick → run p50', percentile(late, 0.5), 'ms', limitP50),
    figure('tick → run p99', percentile(late, 0.99), 'ms'),
    figure('tick → run, the latest', Math.max(...late), 'ms', limitMax),
    figure('runs missing or too many', Math.abs(schedules * ticks - runs), '', 0),
  ];
}
