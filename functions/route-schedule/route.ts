/** A request of an agent about a schedule → the change, and an answer to the agent. Pure. */

import { KINDS } from '../../crds/group.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { isProblem, parseSchedule } from '../../shared/cron/schedule.ts';
import { AppError } from '../../shared/errors.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { isToolAllowed } from '../../shared/pods/tool-access.ts';
import type { Action, Plan } from '../../shared/reconcile/plan.ts';
import type { Refusal } from '../../shared/reconcile/reconciler.ts';
import { answerTo } from '../../shared/runs/answer.ts';
import type { ScheduleRouteConfig } from './config.ts';
import type { Observed } from './observed.ts';
import type { ScheduleRequest } from './request.ts';
import { isOfAgents, scheduleFor } from './schedule.ts';

/** What becomes of a request, and what the agent is told of it. */
interface Decision {
  ok: boolean;
  says: string;
  actions: Action[];
}

const refused = (says: string): Decision => ({ ok: false, says, actions: [] });

/**
 * Throws `NOT_FOUND`, `CONFIG_INVALID` or `SPEC_INVALID`, which parks the message, when nobody can be told: whose agent asks is
 * unknown, or the request came on the shared subject and cannot be carried out.
 */
export function routeSchedule(seen: Observed, now: Date, config: ScheduleRouteConfig): Plan {
  if (seen.asker === undefined && !config.sharedSubjects) {
    throw new AppError('CONFIG_INVALID', 'Requests on the shared subject are taken only with SHARED_SUBJECTS=true');
  }
  const { primary: instance } = seen;
  if (instance === undefined) {
    throw new AppError('NOT_FOUND', 'The run that asks, or its instance, is gone or not the only one of its name');
  }
  return told(seen, decide(seen, instance, now, config), now);
}

/** What the API server says against a schedule is told to the agent [CTL-WT4]. */
export function routeRefusedSchedule(seen: Observed, { action, message }: Refusal, now: Date): Plan | undefined {
  if (!('object' in action)) return undefined;
  return told(seen, refused(`The schedule was refused: ${message}`), now);
}

function told({ asker, sequence, request: { id } }: Observed, { ok, says, actions }: Decision, now: Date): Plan {
  if (asker !== undefined) {
    const parts = { id: `${asker.uid}-schedule-${sequence}`, timestamp: now.toISOString() };
    const message = answerTo(asker, { id, ok, message: says }, parts);
    return { actions: [...actions, { verb: 'publish', message }], reason: says };
  }
  if (!ok) throw new AppError('SPEC_INVALID', says);
  return { actions, reason: says };
}

function decide(
  { request, run, schedule, made }: Observed,
  instance: SympoziumInstance,
  now: Date,
  config: ScheduleRouteConfig,
): Decision {
  if (!isToolAllowed(run?.status?.resolution?.tools ?? {}, 'schedule_task')) {
    return refused('The policy of this run does not allow schedule_task');
  }
  if ('problem' in request) return refused(request.problem);
  const { name } = request;
  if (instance.metadata.deletionTimestamp !== undefined) return refused('The instance is being deleted');
  if (schedule !== undefined && !isOfAgents(schedule, instance)) {
    return refused(`The name "${name}" belongs to a schedule that no agent of this instance made; choose another`);
  }
  const problem = request.schedule === undefined ? undefined : tooOften(request.schedule, now, config.minMinutes);
  if (problem !== undefined) return refused(problem);
  if (schedule !== undefined) return change(schedule, request);
  if (request.action !== 'create') return refused(`There is no schedule "${name}"`);
  return create(request, instance, made, config);
}

function create(
  { name, schedule, task }: ScheduleRequest,
  instance: SympoziumInstance,
  made: number,
  { maxSchedules }: ScheduleRouteConfig,
): Decision {
  if (schedule === undefined || task === undefined) return refused('`schedule` and `task` must be given to create one');
  if (made >= maxSchedules) {
    return refused(`Agents of this instance have ${made} schedules, and may have ${maxSchedules}; delete one first`);
  }
  const object = scheduleFor(instance, name, { schedule, task });
  const says = `Schedule "${name}" is made; it runs at ${schedule}, for the first time at its next tick`;
  return { ok: true, says, actions: [{ verb: 'create', resource: KINDS.SympoziumSchedule, object }] };
}

/** A create of one that is there changes it [CTL-089]; so a create that comes twice makes one. */
function change(current: SympoziumSchedule & KubeObject, { name, action, schedule, task }: ScheduleRequest): Decision {
  const { namespace = '', uid = '' } = current.metadata;
  if (action === 'delete') {
    const target = { resource: KINDS.SympoziumSchedule, namespace, name: current.metadata.name, uid };
    return {
      ok: true,
      says: `Schedule "${name}" is deleted`,
      actions: [{ verb: 'delete', target, propagation: 'Background' }],
    };
  }
  const spec = {
    ...current.spec,
    ...(action !== 'suspend' &&
      action !== 'resume' && {
        ...(schedule !== undefined && { schedule }),
        ...(task !== undefined && { task }),
      }),
    suspend: action === 'suspend',
  };
  const same =
    spec.schedule === current.spec.schedule &&
    spec.task === current.spec.task &&
    spec.suspend === (current.spec.suspend ?? false);
  const state = spec.suspend ? 'is suspended' : `runs at ${spec.schedule}`;
  const object = { ...current, spec };
  return {
    ok: true,
    says: `Schedule "${name}" ${state}`,
    actions: same ? [] : [{ verb: 'replace', resource: KINDS.SympoziumSchedule, object }],
  };
}

/** How many ticks tell how close together they may come. */
const LOOK_AHEAD = 60;

/** What is wrong with a schedule for an agent: it cannot be read, never comes, or comes too often [CTL-WT1]. */
function tooOften(expression: string, now: Date, minMinutes: number): string | undefined {
  const ticks = parseSchedule({ expression, anchor: now });
  if (isProblem(ticks)) return ticks.message;
  let [before, closest] = [ticks.next(now), Number.POSITIVE_INFINITY];
  for (let seen = 0; seen < LOOK_AHEAD; seen += 1) {
    const after = ticks.next(before);
    closest = Math.min(closest, (after.getTime() - before.getTime()) / 60_000);
    before = after;
  }
  return closest < minMinutes
    ? `\`schedule\` must leave ${minMinutes} minutes or more between two runs, not ${Number(closest.toFixed(1))}`
    : undefined;
}
