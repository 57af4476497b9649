import type { Condition } from '../../crds/meta.ts';

/** A condition as a reconciler states it: what holds now, and why. */
export type ConditionClaim = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

export interface Observation {
  /** `metadata.generation` of the object that the claim was made from. */
  generation: number | undefined;
  now: Date;
}

/** Longest message that the API server stores. */
const MESSAGE_MAX = 32_768;

/**
 * Merges one claim into a condition list, keyed by `type`; other types are kept, in order. `lastTransitionTime` moves only
 * when `status` does, so that an object that has settled yields an equal list (Kubernetes API conventions).
 */
export function withCondition(
  current: readonly Condition[] = [],
  claim: ConditionClaim,
  { generation, now }: Observation,
): Condition[] {
  const previous = current.find(({ type }) => type === claim.type);
  const next: Condition = {
    ...claim,
    message: claim.message.slice(0, MESSAGE_MAX),
    lastTransitionTime: previous?.status === claim.status ? previous.lastTransitionTime : rfc3339(now),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
  return previous === undefined ? [...current, next] : current.map((one) => (one === previous ? next : one));
}

/** True once the condition has left `Unknown`. A missing condition means `Unknown`. */
export function isDecided(current: readonly Condition[] = [], type: string): boolean {
  return current.some((one) => one.type === type && one.status !== 'Unknown');
}

/** `metav1.Time`: whole seconds, since milliseconds would differ after a round trip. */
export function rfc3339(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
