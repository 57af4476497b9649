import { AGENT_RUN_PHASES, CONDITIONS, INSTANCE_PHASES, INSTANCE_REASONS } from '../../crds/conditions.ts';
import type { SympoziumInstance, SympoziumInstanceStatus } from '../../crds/sympoziuminstance.ts';
import { isSame } from '../../shared/kube/applied.ts';
import { withCondition } from '../../shared/kube/conditions.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import { memoryStatus } from './memory.ts';
import type { Standing } from './observed.ts';
import type { Problem } from './references.ts';

/** Phases in which a run has an agent at work, or hooks of one [CTL-WI6]. */
const ACTIVE: readonly string[] = [AGENT_RUN_PHASES.running, AGENT_RUN_PHASES.serving, AGENT_RUN_PHASES.postRunning];

/** Counts of zero are absent, as the original stores them. */
export function statusOf(
  { primary, phases }: Standing,
  channels: SympoziumInstanceStatus['channels'],
  problems: readonly Problem[],
  now: Date,
): SympoziumInstanceStatus {
  const active = phases.filter((phase) => ACTIVE.includes(phase)).length;
  const serving = phases.includes(AGENT_RUN_PHASES.serving);
  const memory = memoryStatus(primary);
  return {
    ...readiness(primary, problems, now),
    phase: serving ? INSTANCE_PHASES.serving : INSTANCE_PHASES.running,
    ...(channels !== undefined && channels.length > 0 && { channels }),
    ...(active > 0 && { activeAgentPods: active }),
    ...(memory !== undefined && { memory }),
  };
}

/** The status as it was, with why no more can be done. */
export function refusedStatus(instance: SympoziumInstance, message: string, now: Date): SympoziumInstanceStatus {
  const problem: Problem = { reason: INSTANCE_REASONS.refused, message };
  return { ...instance.status, ...readiness(instance, [problem], now), phase: INSTANCE_PHASES.error };
}

function readiness({ metadata, status }: SympoziumInstance, problems: readonly Problem[], now: Date) {
  const { generation } = metadata;
  const [first] = problems;
  const claim = {
    type: CONDITIONS.ready,
    status: first === undefined ? ('True' as const) : ('False' as const),
    reason: first?.reason ?? INSTANCE_REASONS.ready,
    message: problems.map(({ message }) => message).join('; ') || 'Everything that the spec asks for is there',
  };
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    conditions: withCondition(status?.conditions, claim, { generation, now }),
  };
}

/** Written when it differs from what is stored: an idle instance costs no write. */
export const statusActions = ({ status: before }: SympoziumInstance, status: SympoziumInstanceStatus): Action[] =>
  isSame(before, status) ? [] : [{ verb: 'applyStatus', status }];
