import { RUN_REASONS } from '../../../crds/conditions.ts';
import type { Pod } from '../../../shared/pods/pod.ts';
import { type Failure, failure, infrastructureFailure } from '../failure.ts';

/** Why a pod failed whose agent has no exit of its own: it never got to the agent. */
export function failedPod({ status }: Pod): Failure | undefined {
  const init = status?.initContainerStatuses?.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  if (init?.state?.terminated !== undefined) {
    const { exitCode, reason = '' } = init.state.terminated;
    const how = `init container ${init.name} exited with code ${exitCode}${reason === '' ? '' : ` (${reason})`}`;
    const why = reason === 'OOMKilled' ? RUN_REASONS.outOfMemory : RUN_REASONS.preRunFailed;
    return failure(why, how, `The agent never began: ${how}`);
  }
  if (status?.phase !== 'Failed') return undefined;
  return failure(RUN_REASONS.podFailed, 'Job failed', 'The pod failed, and its agent left no result');
}

/** Why the node or the cluster gave a pod up; undefined for one that ended by itself. Its containers may have been killed for it. */
export function lostPod({ status }: Pod): Failure | undefined {
  if (status?.phase !== 'Failed') return undefined;
  const { reason = '', message = '' } = status;
  const words = message === '' ? reason : message;
  if (reason === 'Evicted') {
    return infrastructureFailure(RUN_REASONS.evicted, `pod evicted: ${words}`, `The node evicted the pod: ${words}`);
  }
  if (reason === 'DeadlineExceeded') return undefined;
  if (reason !== '') {
    return infrastructureFailure(RUN_REASONS.podFailed, `pod failed: ${reason}`, `The pod failed: ${words}`);
  }
  const disrupted = status.conditions?.find((one) => one.type === 'DisruptionTarget' && one.status === 'True');
  if (disrupted === undefined) return undefined;
  const why = disrupted.message ?? disrupted.reason ?? 'it was in the way';
  return infrastructureFailure(RUN_REASONS.podFailed, 'Job failed', `The pod failed: ${why}`);
}
