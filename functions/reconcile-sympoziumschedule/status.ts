import { isDeepStrictEqual } from 'node:util';
import { CONDITIONS, type SCHEDULE_PHASES } from '../../crds/conditions.ts';
import type { SympoziumSchedule, SympoziumScheduleStatus } from '../../crds/sympoziumschedule.ts';
import { type ConditionClaim, rfc3339, withCondition } from '../../shared/kube/conditions.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import type { Standing } from './observed.ts';

export type ReadyClaim = Omit<ConditionClaim, 'type'>;

/** What a pass found out, beyond what is stored. */
export interface Facts {
  phase: (typeof SCHEDULE_PHASES)[keyof typeof SCHEDULE_PHASES];
  ready: ReadyClaim;
  /** The first tick that is not settled. */
  next?: Date;
  /** Ticks up to then are settled. */
  since?: Date;
  /** The run that is made in this pass. */
  made?: { tick: Date; name: string };
  /** The tick whose run is about to be made. */
  starting?: Date;
  active: readonly string[];
}

/** Longest list of names that a status keeps. */
const ACTIVE_MAX = 64;

export function readyReason(status: SympoziumScheduleStatus | undefined): string | undefined {
  return status?.conditions?.find(({ type }) => type === CONDITIONS.ready)?.reason;
}

/** Names of the runs under way, as seen, or as stored when nobody looked. */
export function activeNames({ active, primary }: Standing): readonly string[] {
  return active === 'unread' ? (primary.status?.active ?? []) : active.map(({ name }) => name).sort();
}

/** The whole status, since server-side apply takes away what is left out; no action when it is stored already. */
export function statusActions(schedule: SympoziumSchedule, facts: Facts, now: Date): Action[] {
  const status = statusOf(schedule, facts, now);
  return isDeepStrictEqual(status, schedule.status) ? [] : [{ verb: 'applyStatus', status }];
}

function statusOf({ metadata, status = {} }: SympoziumSchedule, facts: Facts, now: Date): SympoziumScheduleStatus {
  const { phase, ready, next, since, made, starting, active } = facts;
  const { generation, creationTimestamp = '' } = metadata;
  const lastRunTime = made === undefined ? status.lastRunTime : rfc3339(made.tick);
  const lastRunName = made?.name ?? status.lastRunName;
  const totalRuns = made === undefined ? status.totalRuns : (status.totalRuns ?? 0) + 1;
  const settled = since === undefined ? status.scheduledUntil : rfc3339(since);
  const conditions = withCondition(status.conditions, { type: CONDITIONS.ready, ...ready }, { generation, now });
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    ...(lastRunTime !== undefined && { lastRunTime }),
    ...(next !== undefined && { nextRunTime: rfc3339(next) }),
    ...(lastRunName !== undefined && { lastRunName }),
    ...(totalRuns !== undefined && { totalRuns }),
    ...(active.length > 0 && { active: active.slice(-ACTIVE_MAX) }),
    ...(settled !== undefined && settled > (lastRunTime ?? creationTimestamp) && { scheduledUntil: settled }),
    ...(starting !== undefined && { startingTick: rfc3339(starting) }),
    conditions,
  };
}
