import { CONDITIONS, CONFIG_PHASES, CONFIG_REASONS, type ConfigReason } from '../../crds/conditions.ts';
import type { SympoziumConfig, SympoziumConfigStatus } from '../../crds/sympoziumconfig.ts';
import { isSame } from '../../shared/kube/applied.ts';
import { withCondition } from '../../shared/kube/conditions.ts';
import type { Action } from '../../shared/reconcile/plan.ts';

/** Why a configuration is as it is. */
export interface Claim {
  reason: ConfigReason;
  message: string;
}

const PHASES: Partial<Record<ConfigReason, string>> = {
  [CONFIG_REASONS.ready]: CONFIG_PHASES.ready,
  [CONFIG_REASONS.pending]: CONFIG_PHASES.pending,
  [CONFIG_REASONS.disabled]: CONFIG_PHASES.disabled,
};

/** Everything but these three reasons is an error. The Gateway as last seen is absent where there is none. */
export function statusOf(
  { metadata, status }: SympoziumConfig,
  { reason, message }: Claim,
  gateway: SympoziumConfigStatus['gateway'],
  now: Date,
): SympoziumConfigStatus {
  const { generation } = metadata;
  const claim = {
    type: CONDITIONS.ready,
    status: reason === CONFIG_REASONS.ready ? ('True' as const) : ('False' as const),
    reason,
    message,
  };
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase: PHASES[reason] ?? CONFIG_PHASES.error,
    ...(gateway !== undefined && { gateway }),
    conditions: withCondition(status?.conditions, claim, { generation, now }),
  };
}

export const statusActions = ({ status: before }: SympoziumConfig, status: SympoziumConfigStatus): Action[] =>
  isSame(before, status) ? [] : [{ verb: 'applyStatus', status }];
