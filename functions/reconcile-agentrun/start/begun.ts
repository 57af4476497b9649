import type { AgentRun } from '../../../crds/agentrun.ts';
import type { ANNOTATIONS } from '../../../crds/labels.ts';
import { rfc3339 } from '../../../shared/kube/conditions.ts';
import { JOB_TTL_SECONDS } from '../pod/job.ts';

/** For the life of a pass, and clocks that differ. */
const MARGIN_SECONDS = 60;

type Mark = typeof ANNOTATIONS.begun | typeof ANNOTATIONS.hooksBegun;

/** What notes that a Job of the run is about to be made, unless that was noted before. */
export const begunNote = ({ metadata }: AgentRun, mark: Mark, now: Date): Record<string, string> =>
  metadata.annotations?.[mark] === undefined ? { [mark]: rfc3339(now) } : {};

/**
 * Whether a Job that is not there may have been made, have ended and have expired with nobody looking. A Job expires minutes after
 * its end, so one that is missing sooner after its note was never made.
 */
export function mayHaveExpired({ metadata }: AgentRun, mark: Mark, now: Date): boolean {
  const begun = metadata.annotations?.[mark];
  return begun !== undefined && now.getTime() - Date.parse(begun) > (JOB_TTL_SECONDS - MARGIN_SECONDS) * 1000;
}
