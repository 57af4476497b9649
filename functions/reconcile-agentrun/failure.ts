import { RUN_REASONS, type RunReason } from '../../crds/conditions.ts';

/** Why a run failed: `reason` for programs, `error` as the original words it in `status.error`, `message` for people. */
export interface Failure {
  reason: RunReason;
  error: string;
  message: string;
  /** The pod was lost through no doing of the run: what it was at could be begun anew. */
  infrastructure?: true;
}

export const failure = (reason: Failure['reason'], error: string, message: string = error): Failure => ({
  reason,
  error,
  message,
});

/** A failure of what the run runs on. */
export const infrastructureFailure = (...parts: Parameters<typeof failure>): Failure => ({
  ...failure(...parts),
  infrastructure: true,
});

/** A check of what the run asks for, in the original's words. */
export const policyFailure = (reason: Failure['reason'], why: string): Failure =>
  failure(reason, `policy validation failed: ${why}`);

export const JOB_NOT_FOUND = failure(
  RUN_REASONS.jobNotFound,
  'Job not found',
  'The Job of the run was removed before there was a result',
);
export const CANCELLED = failure(RUN_REASONS.cancelled, 'cancelled', 'The run was cancelled: its `spec.cancel` is set');
export const JOB_TAKEN = failure(
  RUN_REASONS.jobNotOwned,
  'Job not found',
  'The Job of the run was removed, and something else has taken its name',
);
