import type { AgentRun } from '../../crds/agentrun.ts';
import { RUN_REASONS } from '../../crds/conditions.ts';
import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';
import { type Failure, failure, policyFailure } from './failure.ts';
import type { Starting } from './observed.ts';

/** What a run refers to may be applied together with it and come a little later [RUN-W11]. */
const GRACE_SECONDS = 10;

/** Something that the run refers to is missing: it fails the run once its grace is over. */
export interface Missing {
  failure: Failure;
  inSeconds: number;
}

/** The first reference of a run that leads nowhere. Each was read live, so absence is a fact and not a stale cache. */
export function missingReference({ primary, instance, policy, secretFound }: Starting, now: Date): Missing | undefined {
  const why = missing(
    primary,
    instance?.spec.policyRef ?? '',
    instance !== undefined,
    policy !== undefined,
    secretFound,
  );
  if (why === undefined) return undefined;
  const age = (now.getTime() - Date.parse(primary.metadata.creationTimestamp ?? '')) / 1000;
  return { failure: why, inSeconds: Number.isNaN(age) ? 0 : GRACE_SECONDS - age };
}

function missing(
  { spec }: AgentRun,
  policyRef: string,
  instanceFound: boolean,
  policyFound: boolean,
  secretFound: boolean,
): Failure | undefined {
  if (!instanceFound) {
    const name = spec.instanceRef;
    const why = `instance "${name}" not found: SympoziumInstance.sympozium.ai "${name}" not found`;
    return policyFailure(RUN_REASONS.instanceNotFound, why);
  }
  if (policyRef !== '' && !policyFound) {
    const why = `policy "${policyRef}" not found: SympoziumPolicy.sympozium.ai "${policyRef}" not found`;
    return policyFailure(RUN_REASONS.policyNotFound, why);
  }
  const { authSecretRef } = spec.model;
  if (authSecretRef !== '' && !secretFound) {
    return failure(RUN_REASONS.secretNotFound, `Secret "${authSecretRef}" not found`);
  }
  return undefined;
}

/** A rule of the policy that forbids the run. A depth equal to the maximum is allowed [RUN-007]. */
export function policyDenial({ spec }: AgentRun, policy: SympoziumPolicy | undefined): Failure | undefined {
  const { maxDepth } = policy?.spec?.subagentPolicy ?? {};
  const depth = spec.parent?.spawnDepth ?? 0;
  if (spec.parent === undefined || maxDepth === undefined || depth <= maxDepth) return undefined;
  return policyFailure(RUN_REASONS.policyDenied, `sub-agent depth ${depth} exceeds max ${maxDepth}`);
}
