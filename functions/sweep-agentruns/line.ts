import type { AgentRun } from '../../crds/agentrun.ts';
import { CONDITIONS, RUN_REASONS } from '../../crds/conditions.ts';

/** More of a line than slots are freed in a minute gain nothing from a look. */
const HEAD = 5;

export const isWaiting = ({ status }: AgentRun): boolean =>
  status?.conditions?.some(
    ({ type, reason }) => type === CONDITIONS.succeeded && reason === RUN_REASONS.waitingForSlot,
  ) ?? false;

/** A run that waits for a slot, as far as its place in line depends on it. */
export interface Waiting {
  namespace: string;
  name: string;
  instance: string;
  created: string;
}

export const waitingRun = ({ metadata, spec }: AgentRun): Waiting => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  instance: spec.instanceRef,
  created: metadata.creationTimestamp ?? '',
});

/** The first few of each instance's line, so that a thousand waiting runs keep no other from its pass. */
export function headsOfLines(waiting: readonly Waiting[]): Waiting[] {
  const lines = Map.groupBy(waiting, ({ namespace, instance }) => `${namespace}/${instance}`);
  return [...lines.values()].flatMap((line) =>
    line.toSorted((a, b) => (a.created < b.created ? -1 : a.created > b.created ? 1 : 0)).slice(0, HEAD),
  );
}
