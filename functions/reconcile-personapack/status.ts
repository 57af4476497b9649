import { CONDITIONS, PACK_PHASES, PACK_REASONS } from '../../crds/conditions.ts';
import type { PersonaPack, PersonaPackStatus } from '../../crds/personapack.ts';
import { isSame } from '../../shared/kube/applied.ts';
import { type ConditionClaim, withCondition } from '../../shared/kube/conditions.ts';
import type { Problem } from '../../shared/personas/pack-problems.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import type { PersonaPlan } from './persona.ts';

type Readiness = Pick<ConditionClaim, 'status' | 'reason' | 'message'>;

export function enabledStatus(
  pack: PersonaPack,
  personas: readonly PersonaPlan[],
  problems: readonly Problem[],
  now: Date,
): PersonaPackStatus {
  const installedPersonas = personas.flatMap(({ installed }) => installed ?? []);
  const shared = pack.spec.sharedMemory?.enabled === true;
  return {
    ...common(pack, readiness(personas, problems), now),
    phase: problems.length > 0 ? PACK_PHASES.error : PACK_PHASES.ready,
    ...(installedPersonas.length > 0 && { installedCount: installedPersonas.length, installedPersonas }),
    // The relay serves it from the first request on; there is nothing to wait for.
    ...(shared && { sharedMemoryReady: true }),
  };
}

function readiness(personas: readonly PersonaPlan[], problems: readonly Problem[]): Readiness {
  const [first] = problems;
  if (first !== undefined) {
    return { status: 'False', reason: first.reason, message: problems.map(({ message }) => message).join('; ') };
  }
  const notes = personas.flatMap(({ note }) => note ?? []);
  if (notes.length > 0) return { status: 'True', reason: PACK_REASONS.intervalRounded, message: notes.join('; ') };
  return { status: 'True', reason: PACK_REASONS.installed, message: 'Every persona is installed' };
}

export function disabledStatus(pack: PersonaPack, now: Date): PersonaPackStatus {
  const why = { status: 'False' as const, reason: PACK_REASONS.disabled, message: '`enabled` is not set' };
  return { ...common(pack, why, now), phase: PACK_PHASES.inactive };
}

/** What was installed is still going. */
export function removingStatus(pack: PersonaPack, left: number, now: Date): PersonaPackStatus {
  const message = `The pack is disabled; ${left} of its objects are going`;
  return { ...pack.status, ...common(pack, { status: 'False', reason: PACK_REASONS.removing, message }, now) };
}

/** Nothing of the pack is changed while it is wrong as a whole. */
export function wrongStatus(pack: PersonaPack, problems: readonly Problem[], now: Date): PersonaPackStatus {
  return { ...pack.status, ...common(pack, readiness([], problems), now), phase: PACK_PHASES.error };
}

/** Counts of zero are absent, as the original stores them. */
function common({ metadata, spec, status }: PersonaPack, claim: Readiness, now: Date) {
  const { generation } = metadata;
  const conditions = withCondition(status?.conditions, { type: CONDITIONS.ready, ...claim }, { generation, now });
  const personaCount = spec.personas.length;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(personaCount > 0 && { personaCount }),
    conditions,
  };
}

export const statusActions = ({ status: before }: PersonaPack, status: PersonaPackStatus): Action[] =>
  isSame(before, status) ? [] : [{ verb: 'applyStatus', status }];
