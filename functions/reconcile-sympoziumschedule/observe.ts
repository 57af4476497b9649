import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase, SCHEDULE_REASONS } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { fitName } from '../../shared/kube/names.ts';
import { isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import type { ObjectKey, ObserveContext } from '../../shared/reconcile/reconciler.ts';
import type { Observed } from './observed.ts';
import { readyReason } from './status.ts';
import { timingOf } from './timing.ts';

const UNREAD = 'unread' as const;

/** One read between ticks; four at a tick, five with history limits. */
export async function observeSchedule(key: ObjectKey, context: ObserveContext): Promise<Observed> {
  const { kube, now, traceparent, signal } = context;
  const primary = await kube.get<SympoziumSchedule>(KINDS.SympoziumSchedule, key, { signal });
  if (primary === undefined) return { stage: 'gone', primary };
  if (primary.metadata.deletionTimestamp !== undefined) {
    const runs = await ownRuns(primary, context, { metadataOnly: true });
    return { stage: 'deleting', primary, runs: runs.map(({ metadata }) => metadata) };
  }
  const due = timingOf(primary, now).kind === 'due';
  const [active, instance, memory, ended] = await Promise.all([
    due || (primary.status?.active ?? []).length > 0 ? activeRuns(primary, context) : UNREAD,
    due || isNews(primary) ? instanceOf(primary, context) : UNREAD,
    due && primary.spec.includeMemory ? memoryOf(primary, context) : '',
    due && isLimited(primary) ? ownRuns(primary, context, { labels: `${LABELS.finished}=true` }) : [],
  ]);
  return {
    stage: 'standing',
    primary,
    ...(traceparent !== undefined && { traceparent }),
    active,
    instance,
    memory,
    ended,
  };
}

/** Whether the instance was never looked for with this spec, or was not there when it was. */
function isNews({ metadata, status }: SympoziumSchedule): boolean {
  return (
    status?.observedGeneration !== metadata.generation || readyReason(status) === SCHEDULE_REASONS.instanceNotFound
  );
}

const isLimited = ({ spec }: SympoziumSchedule): boolean =>
  spec.successfulRunsHistoryLimit !== undefined || spec.failedRunsHistoryLimit !== undefined;

/** Runs of an earlier schedule of this name are none of this one's. */
async function ownRuns(
  schedule: SympoziumSchedule,
  { kube, signal }: ObserveContext,
  { labels = '', metadataOnly = false },
): Promise<AgentRun[]> {
  const { namespace = '', name } = schedule.metadata;
  const labelSelector = [`${LABELS.schedule}=${fitName(name)}`, labels].filter((part) => part !== '').join();
  const { items } = await kube.list<AgentRun>(KINDS.AgentRun, { namespace, labelSelector, metadataOnly, signal });
  return items.filter((run) => isControlledBy(run, schedule));
}

async function activeRuns(schedule: SympoziumSchedule, context: ObserveContext) {
  const runs = await ownRuns(schedule, context, { labels: `!${LABELS.finished}` });
  return runs.filter(({ status }) => !isTerminalPhase(status?.phase)).map(({ metadata }) => metadata);
}

async function instanceOf(
  { metadata, spec }: SympoziumSchedule,
  { kube, signal }: ObserveContext,
): Promise<SympoziumInstance | 'missing'> {
  const at = { namespace: metadata.namespace ?? '', name: spec.instanceRef };
  if (at.name === '') return 'missing';
  return (await kube.get<SympoziumInstance>(KINDS.SympoziumInstance, at, { signal })) ?? 'missing';
}

async function memoryOf({ metadata, spec }: SympoziumSchedule, { kube, signal }: ObserveContext): Promise<string> {
  const at = { namespace: metadata.namespace ?? '', name: `${spec.instanceRef}-memory` };
  const found = await kube.get<KubeObject & { data?: Record<string, string> }>(CONFIG_MAPS, at, { signal });
  return found?.data?.['MEMORY.md'] ?? '';
}
