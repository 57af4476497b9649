import type { AgentRun } from '../../../crds/agentrun.ts';
import { RUN_REASONS } from '../../../crds/conditions.ts';
import type { SkillPack } from '../../../crds/skillpack.ts';
import type { SympoziumPolicy } from '../../../crds/sympoziumpolicy.ts';
import { explain } from '../../../shared/policy/denial.ts';
import { missingPolicy } from '../../../shared/policy/floor.ts';
import { judgeRun } from '../../../shared/policy/judge-run.ts';
import { type Failure, failure, policyFailure } from '../failure.ts';
import type { Resolving } from '../observed.ts';

/** What a run refers to may be applied together with it and come a little later [RUN-W11]. */
const GRACE_SECONDS = 10;

/** Something that the run refers to is missing: it fails the run once its grace is over. */
export interface Missing {
  failure: Failure;
  inSeconds: number;
}

/** The first reference of a run that leads nowhere. Each was read live, so absence is a fact and not a stale cache. */
export function missingReference(seen: Resolving, now: Date): Missing | undefined {
  const why = missing(seen);
  if (why === undefined) return undefined;
  return { failure: why, inSeconds: agedGrace(seen.primary, now) };
}

/** What is left of the grace of a run; zero or less once it is over. */
export function agedGrace({ metadata }: AgentRun, now: Date): number {
  const age = (now.getTime() - Date.parse(metadata.creationTimestamp ?? '')) / 1000;
  return Number.isNaN(age) ? 0 : GRACE_SECONDS - age;
}

function missing(seen: Resolving): Failure | undefined {
  const { primary, instance, secretFound } = seen;
  const { spec } = primary;
  if (instance === undefined) {
    const name = spec.instanceRef;
    const why = `instance "${name}" not found: SympoziumInstance.sympozium.ai "${name}" not found`;
    return policyFailure(RUN_REASONS.instanceNotFound, why);
  }
  const noPolicy = missingPolicy(instance.spec.policyRef ?? '', seen);
  if (noPolicy !== undefined) {
    return policyFailure(RUN_REASONS.policyNotFound, `policy "${noPolicy.name}" not found: ${noPolicy.why}`);
  }
  const { authSecretRef } = spec.model;
  if (authSecretRef !== '' && !secretFound) {
    return failure(RUN_REASONS.secretNotFound, `Secret "${authSecretRef}" not found`);
  }
  return undefined;
}

/** The first rule of its policies that the run breaks, in the words of the one judgement there is. */
export function policyDenial(
  run: AgentRun,
  policies: readonly SympoziumPolicy[],
  packs: readonly SkillPack[],
): Failure | undefined {
  const [denial] = judgeRun({ spec: run.spec, packs }, policies);
  if (denial === undefined) return undefined;
  const { error, reason } = policyFailure(RUN_REASONS.policyDenied, denial.message);
  return failure(reason, error, explain(denial));
}
