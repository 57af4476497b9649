import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { controllerOf } from '../../shared/kube/objects.ts';
import { JOBS, PODS } from '../../shared/kube/resources.ts';
import { isAdded, isModified, watchObjects } from './object-watch.ts';

/** What was seen of one run. Times are `performance.now()` of this process, at which an answer or a watch's line arrived. */
export interface RunRecord {
  name: string;
  /** When its create request was sent, and answered. */
  sentAt?: number;
  answeredAt?: number;
  /** When a watch told of it, which is the order in which the runs came into being. */
  seenAt?: number;
  jobAt?: number;
  podName?: string;
  podEndedAt?: number;
  terminalAt?: number;
  phase?: string;
  result?: string;
  error?: string;
  /** When its label said that the bus has acknowledged its end. */
  releasedAt?: number;
}

export interface Timeline {
  /** In the order in which they were first heard of. */
  records(): RunRecord[];
  record(name: string): RunRecord;
  /** Waits until `count` runs are past that moment; throws after `stallMs` in which none got there. */
  until(moment: Moment, count: number, stallMs?: number): Promise<void>;
  /** Resolves when that run's end arrives. Ask before it is created. */
  terminal(name: string): Promise<void>;
  stop(): void;
}

type Moment = 'jobAt' | 'podEndedAt' | 'terminalAt' | 'releasedAt';

/** Watches a namespace's runs, their Jobs and the ends of their pods. */
export async function watchRuns(kube: KubeClient, namespace: string): Promise<Timeline> {
  const byName = new Map<string, RunRecord>();
  const record = (name: string): RunRecord => {
    let one = byName.get(name);
    if (one === undefined) {
      one = { name };
      byName.set(name, one);
    }
    return one;
  };
  const waiting = new Map<string, () => void>();
  const watches = await Promise.all([
    watchObjects(
      kube,
      JOBS,
      { namespace },
      {
        wanted: isAdded,
        seen: (job, at) => {
          const owner = controllerOf(job);
          if (owner?.kind === KINDS.AgentRun.kind) record(owner.name).jobAt ??= at;
        },
      },
    ),
    watchObjects(
      kube,
      PODS,
      { namespace, fieldSelector: 'status.phase=Succeeded' },
      {
        wanted: isAdded,
        seen: ({ metadata }, at) => {
          const name = metadata.labels?.[LABELS.agentRun];
          if (name === undefined) return;
          record(name).podEndedAt ??= at;
          record(name).podName ??= metadata.name;
        },
      },
    ),
    watchObjects<AgentRun>(
      kube,
      KINDS.AgentRun,
      { namespace },
      {
        wanted: (line) => isAdded(line) || isModified(line),
        seen: (run, at) => {
          const one = record(run.metadata.name);
          noteRun(one, run, at);
          if (one.terminalAt !== undefined) waiting.get(one.name)?.();
        },
      },
    ),
  ]);
  const failure = Promise.race(watches.map(({ ended }) => ended)) as Promise<never>; // They end before `stop` by failing only.
  failure.catch(() => undefined);
  return {
    records: () => [...byName.values()],
    record,
    until: (moment, count, stallMs = 60_000) => Promise.race([reached(byName, moment, count, stallMs), failure]),
    terminal: (name) => Promise.race([new Promise<void>((resolve) => waiting.set(name, resolve)), failure]),
    stop: () => {
      for (const watch of watches) watch.stop();
    },
  };
}

function noteRun(record: RunRecord, { metadata, status }: AgentRun, at: number): void {
  record.seenAt ??= at;
  if (isTerminalPhase(status?.phase) && record.terminalAt === undefined) {
    const { phase = '', result = '', error } = status ?? {};
    Object.assign(record, { terminalAt: at, phase, result, ...(error !== undefined && { error }) });
  }
  if (metadata.labels?.[LABELS.finished] === 'true') record.releasedAt ??= at;
}

async function reached(records: Map<string, RunRecord>, moment: Moment, count: number, stallMs: number): Promise<void> {
  let [before, since] = [-1, performance.now()];
  for (;;) {
    let now = 0;
    for (const record of records.values()) if (record[moment] !== undefined) now += 1;
    if (now >= count) return;
    if (now > before) [before, since] = [now, performance.now()];
    if (performance.now() - since > stallMs)
      throw new Error(`Only ${now} of ${count} runs got as far as ${moment}, and none in the last ${stallMs / 1000} s`);
    await sleep(20);
  }
}
