import { RUN_REASONS } from '../../../crds/conditions.ts';
import { LABELS } from '../../../crds/labels.ts';
import type { Refusal } from '../../../shared/reconcile/reconciler.ts';
import { type Failure, failure } from '../failure.ts';

/**
 * Why the run fails when the API server refuses one of its objects for good; undefined for a refusal that may pass, such as
 * missing rights of this function, or a namespace that is going.
 */
export function refusedFailure({ action, code, message }: Refusal): Failure | undefined {
  if (action.verb !== 'apply' && action.verb !== 'create') return undefined;
  const { kind, metadata } = action.object;
  const error = `${kind} "${metadata.name}" was refused: ${message}`;
  if (code === 400 || code === 422 || code === 413) return failure(RUN_REASONS.invalidSpec, error);
  if (message.includes('exceeded quota')) return failure(RUN_REASONS.quotaExceeded, error);
  // Nobody may grant more than they hold: a pack asks for more than the control plane has [RUN-017].
  if (message.includes('attempting to grant RBAC permissions')) {
    const remedy = `to let runs have these rights, label a ClusterRole that has them ${LABELS.grantable}=true`;
    return failure(RUN_REASONS.policyDenied, error, `${error}; ${remedy}`);
  }
  return undefined;
}
