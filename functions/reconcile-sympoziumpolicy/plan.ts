/** SympoziumPolicy → its status: who is bound, and what that means. A policy makes nothing. Pure. */
import { CONDITIONS, POLICY_REASONS } from '../../crds/conditions.ts';
import type { SympoziumPolicy, SympoziumPolicyStatus } from '../../crds/sympoziumpolicy.ts';
import { isSame } from '../../shared/kube/applied.ts';
import { type ConditionClaim, withCondition } from '../../shared/kube/conditions.ts';
import { type Plan, settled } from '../../shared/reconcile/plan.ts';
import { effectivePolicy } from './effective.ts';
import type { Observed } from './observed.ts';
import { policyNotes, policyProblems } from './problems.ts';

export function planPolicy(seen: Observed, now: Date): Plan {
  if (seen.stage === 'gone') return settled('The policy is gone');
  const { primary, bound } = seen;
  if (primary.metadata.deletionTimestamp !== undefined) return settled('The policy is going');
  const claim = readiness(primary);
  const status = statusOf(primary, bound, claim, now);
  const actions = isSame(primary.status, status) ? [] : [{ verb: 'applyStatus' as const, status }];
  return { actions, reason: claim.message };
}

function readiness({ spec }: SympoziumPolicy): ConditionClaim {
  const problems = policyProblems(spec);
  if (problems.length > 0) {
    return {
      type: CONDITIONS.ready,
      status: 'False',
      reason: POLICY_REASONS.invalidPolicy,
      message: problems.join('; '),
    };
  }
  const message = ['Runs of the bound instances are held to `status.effective`', ...policyNotes(spec)].join('; ');
  return { type: CONDITIONS.ready, status: 'True', reason: POLICY_REASONS.enforced, message };
}

/** A count of zero is absent, as the original stores it. */
function statusOf(
  { metadata, spec, status }: SympoziumPolicy,
  bound: number,
  claim: ConditionClaim,
  now: Date,
): SympoziumPolicyStatus {
  const { generation } = metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(bound > 0 && { boundInstances: bound }),
    effective: effectivePolicy(spec),
    conditions: withCondition(status?.conditions, claim, { generation, now }),
  };
}
