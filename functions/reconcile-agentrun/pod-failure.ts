import { RUN_REASONS } from '../../crds/conditions.ts';
import type { Pod } from '../../shared/pods/pod.ts';
import { type Failure, failure } from './failure.ts';

/** Why a pod failed whose agent has no exit of its own: the node gave it up, or it never got to the agent. */
export function failedPod({ status }: Pod): Failure | undefined {
  const init = status?.initContainerStatuses?.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  if (init?.state?.terminated !== undefined) {
    const { exitCode, reason = '' } = init.state.terminated;
    const how = `init container ${init.name} exited with code ${exitCode}${reason === '' ? '' : ` (${reason})`}`;
    return failure(RUN_REASONS.preRunFailed, how, `The agent never began: ${how}`);
  }
  if (status?.phase !== 'Failed') return undefined;
  const { reason = '', message = '' } = status;
  const words = message === '' ? reason : message;
  if (reason === 'Evicted')
    return failure(RUN_REASONS.evicted, `pod evicted: ${words}`, `The node evicted the pod: ${words}`);
  if (reason !== '') return failure(RUN_REASONS.podFailed, `pod failed: ${reason}`, `The pod failed: ${words}`);
  const disrupted = status.conditions?.find((one) => one.type === 'DisruptionTarget' && one.status === 'True');
  const why = disrupted?.message ?? disrupted?.reason ?? '';
  return failure(
    RUN_REASONS.podFailed,
    'Job failed',
    why === '' ? 'The pod failed, and its agent left no result' : `The pod failed: ${why}`,
  );
}
