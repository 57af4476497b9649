import { CONDITIONS, SKILL_PACK_PHASES, SKILL_PACK_REASONS } from '../../crds/conditions.ts';
import type { SkillPack, SkillPackStatus } from '../../crds/skillpack.ts';
import { isSame } from '../../shared/kube/applied.ts';
import { type ConditionClaim, withCondition } from '../../shared/kube/conditions.ts';
import { privilegesOf } from '../../shared/policy/privileges.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import type { Problem } from './problems.ts';

/** Counts of zero are absent, as the original stores them. */
export function publishedStatus(pack: SkillPack, now: Date): SkillPackStatus {
  const claim = {
    status: 'True',
    reason: SKILL_PACK_REASONS.published,
    message: 'The ConfigMap holds every skill',
  } as const;
  const skillCount = pack.spec.skills.length;
  return {
    ...common(pack, claim, now),
    phase: SKILL_PACK_PHASES.ready,
    configMapName: pack.metadata.name,
    ...(skillCount > 0 && { skillCount }),
  };
}

/** What was published last, if anything, still is [CTL-WK3]. */
export function wrongStatus(pack: SkillPack, problems: readonly Problem[], now: Date): SkillPackStatus {
  const reason = problems[0]?.reason ?? SKILL_PACK_REASONS.refused;
  const claim = { status: 'False', reason, message: problems.map(({ message }) => message).join('; ') } as const;
  const { configMapName, skillCount } = pack.status ?? {};
  return {
    ...common(pack, claim, now),
    phase: SKILL_PACK_PHASES.error,
    ...(configMapName !== undefined && { configMapName }),
    ...(skillCount !== undefined && { skillCount }),
  };
}

/** What the sidecar asks for is there to be read before anybody uses the pack [CTL-WK2]. */
function common({ metadata, spec, status }: SkillPack, claim: Omit<ConditionClaim, 'type'>, now: Date) {
  const { generation } = metadata;
  const { node, network, cluster } = privilegesOf(spec.sidecar);
  const privileges = [...node, ...network, ...cluster];
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(privileges.length > 0 && { privileges }),
    conditions: withCondition(status?.conditions, { type: CONDITIONS.ready, ...claim }, { generation, now }),
  };
}

export const statusActions = ({ status: before }: SkillPack, status: SkillPackStatus): Action[] =>
  isSame(before, status) ? [] : [{ verb: 'applyStatus', status }];
