/**
 * PersonaPack → an instance, a schedule and the beginning of a memory for each persona. Decides from what is observed now, never
 * from the event that woke it. Pure: the clock comes in as an argument, writes go out as data.
 */
import { PACK_REASONS } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import { FINALIZERS } from '../../crds/labels.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS, type Resource, refOf } from '../../shared/kube/resources.ts';
import { packProblems } from '../../shared/personas/pack-problems.ts';
import { claim, release } from '../../shared/reconcile/finalizer.ts';
import { type Action, type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Refusal } from '../../shared/reconcile/reconciler.ts';
import type { PackConfig } from './config.ts';
import { personaInstanceOf, personaMemoryOf, personaScheduleOf } from './names.ts';
import type { Observed, Standing } from './observed.ts';
import { isExcluded, type PersonaPlan, planPersona } from './persona.ts';
import { disabledStatus, enabledStatus, removingStatus, statusActions, wrongStatus } from './status.ts';

/** While objects of a disabled pack are going, they are looked at again. */
const GOING_SECONDS = 2;
/** Names that are taken and objects that were refused are in no watch. */
const RECHECK_SECONDS = 300;

export function planPack(seen: Observed, now: Date, config: PackConfig): Plan {
  if (seen.stage === 'gone') return settled('The pack is gone');
  if (seen.stage === 'deleting') return planDeletion(seen);
  const { primary } = seen;
  const plan = primary.spec.enabled === true ? planEnabled(seen, now, config) : planDisabled(seen, now);
  return { ...plan, actions: [...claim(primary.metadata, FINALIZERS.personaPack), ...plan.actions] };
}

/** An object of a persona that the API server does not take: the others are installed all the same [CTL-086]. */
export function planRefusedPack(seen: Observed, refusal: Refusal, now: Date, config: PackConfig): Plan | undefined {
  const { action, message } = refusal;
  if (seen.stage !== 'standing' || action.verb !== 'apply') return undefined;
  const { kind, metadata } = action.object;
  const problem = { reason: PACK_REASONS.refused, message: `${kind} "${metadata.name}" was refused: ${message}` };
  const isAbout = ({ actions }: PersonaPlan) =>
    actions.some((one) => one.verb === 'apply' && one.object.metadata.name === metadata.name);
  const personas = personaPlans(seen, config).map(
    (one): PersonaPlan => (isAbout(one) ? { actions: [], problem } : one),
  );
  return planPersonas(seen, personas, now);
}

function planEnabled(seen: Standing, now: Date, config: PackConfig): Plan {
  const { primary } = seen;
  const problems = packProblems(primary.spec);
  if (problems.length > 0) {
    const status = wrongStatus(primary, problems, now);
    return { actions: statusActions(primary, status), reason: problems[0]?.message ?? '' };
  }
  return planPersonas(seen, personaPlans(seen, config), now);
}

const personaPlans = (seen: Standing, config: PackConfig): PersonaPlan[] =>
  seen.primary.spec.personas.map((persona, index) =>
    isExcluded(seen, persona) ? { actions: [] } : planPersona(seen, persona, index, config),
  );

function planPersonas(seen: Standing, personas: readonly PersonaPlan[], now: Date): Plan {
  const { primary } = seen;
  const problems = personas.flatMap(({ problem }) => problem ?? []);
  const status = enabledStatus(primary, personas, problems, now);
  const passing = problems.some(({ reason }) => reason === PACK_REASONS.nameTaken || reason === PACK_REASONS.refused);
  return {
    actions: [
      ...removals(unwanted(seen)),
      ...personas.flatMap(({ actions }) => actions),
      ...statusActions(primary, status),
    ],
    reason: problems[0]?.message ?? 'The pack is enabled',
    ...(passing && { requeueAfterSeconds: RECHECK_SECONDS }),
  };
}

/** Nothing outside the pack is touched: no Secret, and no object that only has the name of one of the pack's [CTL-WP1] [CTL-WP3]. */
function planDisabled(seen: Standing, now: Date): Plan {
  const { primary } = seen;
  const left = ownedBy(seen);
  if (left.length === 0) {
    return { actions: statusActions(primary, disabledStatus(primary, now)), reason: 'The pack is disabled' };
  }
  const status = removingStatus(primary, left.length, now);
  return {
    actions: [...removals(left), ...statusActions(primary, status)],
    reason: 'The pack is disabled and its objects are going',
    requeueAfterSeconds: GOING_SECONDS,
  };
}

/** What the pack owns goes with it; memories that the original began have no owner, and are named. */
function planDeletion({ primary, seeds }: Standing): Plan {
  const freed = release(primary.metadata, FINALIZERS.personaPack);
  if (freed.length === 0) return settled('The pack is going');
  const memories = seeds.map((object) => ({ resource: CONFIG_MAPS, object }));
  return { actions: [...removals(memories), ...freed], reason: 'The pack was deleted' };
}

interface Owned {
  resource: Resource;
  object: KubeObject;
}

const ownedBy = ({ instances, schedules, seeds }: Standing): Owned[] => [
  ...schedules.map((object) => ({ resource: KINDS.SympoziumSchedule, object })),
  ...instances.map((object) => ({ resource: KINDS.SympoziumInstance, object })),
  ...seeds.map((object) => ({ resource: CONFIG_MAPS, object })),
];

/** What belongs to no persona any more: one removed, renamed or excluded, or without a schedule [CTL-WP2]. */
function unwanted(seen: Standing): Owned[] {
  const { metadata, spec } = seen.primary;
  const wanted = new Set(
    spec.personas
      .filter((persona) => !isExcluded(seen, persona))
      .flatMap(({ name, schedule }) => [
        `SympoziumInstance/${personaInstanceOf(metadata.name, name)}`,
        `ConfigMap/${personaMemoryOf(metadata.name, name)}`,
        ...(schedule === undefined ? [] : [`SympoziumSchedule/${personaScheduleOf(metadata.name, name)}`]),
      ]),
  );
  return ownedBy(seen).filter(({ resource, object }) => !wanted.has(`${resource.kind}/${object.metadata.name}`));
}

const removals = (owned: readonly Owned[]): Action[] =>
  owned
    .filter(({ object }) => object.metadata.deletionTimestamp === undefined)
    .map(({ resource, object }) => ({ verb: 'delete', target: refOf(resource, object), propagation: 'Background' }));
