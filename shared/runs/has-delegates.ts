import type { AgentRun } from '../../crds/agentrun.ts';
import { ANNOTATIONS } from '../../crds/labels.ts';

/** Whether the run was marked as one whose agent asked for others: that comes before the first of them. */
export const hasDelegates = ({ metadata }: AgentRun): boolean =>
  metadata.annotations?.[ANNOTATIONS.delegates] === 'true';
