/**
 * SympoziumInstance → channels, legacy memory and the run of its web endpoint. Decides from what is observed now, never from the
 * event that woke it. Pure: the clock comes in as an argument, writes go out as data.
 */
import { FINALIZERS } from '../../crds/labels.ts';
import { claim } from '../../shared/reconcile/finalizer.ts';
import { type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Refusal } from '../../shared/reconcile/reconciler.ts';
import { planChannels } from './channels.ts';
import type { InstanceConfig } from './config.ts';
import { planDeletion } from './deletion.ts';
import { memoryActions } from './memory.ts';
import type { Observed, Standing } from './observed.ts';
import { danglingReferences } from './references.ts';
import { refusedStatus, statusActions, statusOf } from './status.ts';
import { planWebEndpoint } from './web-endpoint.ts';

/** What an instance refers to is in no watch, so while something is wrong with it, it is looked at again [CTL-060]. */
const RECHECK_SECONDS = 60;
/** What the API server refused, it seldom takes soon: a quota, or a field that a person must change. */
const REFUSED_SECONDS = 300;

export function planInstance(seen: Observed, now: Date, config: InstanceConfig): Plan {
  switch (seen.stage) {
    case 'gone':
      return settled('The instance is gone');
    case 'deleting':
      return planDeletion(seen);
    case 'standing':
      return planStanding(seen, now, config);
  }
}

function planStanding(seen: Standing, now: Date, config: InstanceConfig): Plan {
  const { primary } = seen;
  const channels = planChannels(seen, config);
  const web = planWebEndpoint(seen, now);
  const referred = [...channels.problems, ...danglingReferences(seen)];
  const problems = [...referred, ...(web.problem === undefined ? [] : [web.problem])];
  const waits = [
    ...(problems.length > 0 ? [RECHECK_SECONDS] : []),
    ...(web.requeueAfterSeconds === undefined ? [] : [web.requeueAfterSeconds]),
  ];
  return {
    actions: [
      ...claim(primary.metadata, FINALIZERS.sympoziumInstance),
      ...channels.actions,
      ...memoryActions(seen),
      ...web.actions,
      ...statusActions(primary, statusOf(seen, channels.statuses, problems, now)),
    ],
    reason: problems[0]?.message ?? 'The instance is as its spec asks',
    ...(waits.length > 0 && { requeueAfterSeconds: Math.min(...waits) }),
  };
}

/** An object of the instance that the API server does not take is told of, in its words [CTL-WI4]. */
export function planRefusedInstance(seen: Observed, { action, message }: Refusal, now: Date): Plan | undefined {
  if (seen.stage !== 'standing' || action.verb !== 'apply') return undefined;
  const { kind, metadata } = action.object;
  const why = `${kind} "${metadata.name}" was refused: ${message}`;
  return {
    actions: statusActions(seen.primary, refusedStatus(seen.primary, why, now)),
    reason: why,
    requeueAfterSeconds: REFUSED_SECONDS,
  };
}
