/**
 * SkillPack → a ConfigMap with the texts of its skills. Decides from what is observed now, never from the event that woke it.
 * Pure: the clock comes in as an argument, writes go out as data.
 */
import { SKILL_PACK_REASONS } from '../../crds/conditions.ts';
import { FINALIZERS } from '../../crds/labels.ts';
import { CONFIG_MAPS, refOf } from '../../shared/kube/resources.ts';
import { claim, release } from '../../shared/reconcile/finalizer.ts';
import { type Action, type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Refusal } from '../../shared/reconcile/reconciler.ts';
import { configMapActions } from './config-map.ts';
import type { Observed, Standing } from './observed.ts';
import { type Problem, specProblems } from './problems.ts';
import { publishedStatus, statusActions, wrongStatus } from './status.ts';

/** A ConfigMap of something else, and what the API server refused, is in no watch. */
const RECHECK_SECONDS = 300;

export function planSkillPack(seen: Observed, now: Date): Plan {
  if (seen.stage === 'gone') return settled('The pack is gone');
  const { primary, configMap } = seen;
  if (primary.metadata.deletionTimestamp !== undefined) return planDeletion(seen);
  const problems = specProblems(primary.spec);
  if (problems.length > 0) return planWrong(seen, problems, now);
  if (configMap === 'foreign') {
    const message = `ConfigMap "${primary.metadata.name}" exists and belongs to something else; rename the pack, or remove it`;
    const plan = planWrong(seen, [{ reason: SKILL_PACK_REASONS.nameTaken, message }], now);
    return { ...plan, requeueAfterSeconds: RECHECK_SECONDS };
  }
  return {
    actions: [...claimed(seen), ...configMapActions(seen), ...statusActions(primary, publishedStatus(primary, now))],
    reason: 'The ConfigMap holds every skill',
  };
}

/** The API server does not take the ConfigMap, as when the skills are too large for one. */
export function planRefusedSkillPack(seen: Observed, { action, message }: Refusal, now: Date): Plan | undefined {
  if (seen.stage !== 'standing' || action.verb !== 'replace') return undefined;
  const problem = { reason: SKILL_PACK_REASONS.refused, message: `The ConfigMap was refused: ${message}` };
  const actions = statusActions(seen.primary, wrongStatus(seen.primary, [problem], now));
  return { actions, reason: problem.message, requeueAfterSeconds: RECHECK_SECONDS };
}

const claimed = ({ primary }: Standing): Action[] => claim(primary.metadata, FINALIZERS.skillPack);

/** Nothing but a change of the pack helps, and that is an event. */
function planWrong(seen: Standing, problems: readonly Problem[], now: Date): Plan {
  const { primary } = seen;
  return {
    actions: [...claimed(seen), ...statusActions(primary, wrongStatus(primary, problems, now))],
    reason: problems[0]?.message ?? '',
  };
}

/** Only the pack's own ConfigMap goes with it, by its UID [CTL-WK1]. */
function planDeletion({ primary, configMap }: Standing): Plan {
  const freed = release(primary.metadata, FINALIZERS.skillPack);
  if (freed.length === 0) return settled('The pack is going');
  const removed: Action[] =
    typeof configMap === 'string'
      ? []
      : [{ verb: 'delete', target: refOf(CONFIG_MAPS, configMap), propagation: 'Background' }];
  return { actions: [...removed, ...freed], reason: 'The pack was deleted' };
}
