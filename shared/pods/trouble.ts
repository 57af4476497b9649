import type { KubeObject } from '../kube/objects.ts';
import { PODS } from '../kube/resources.ts';
import type { ObserveContext } from '../reconcile/reconciler.ts';
import type { Pod } from './pod.ts';

/** `apps/v1` Deployment, as far as it says whether its pods are up. */
interface Workload extends KubeObject {
  status?: { readyReplicas?: number; conditions?: { type: string; status: string; message?: string }[] };
}

/** What keeps the pods of a Deployment without a ready one, in Kubernetes' words; undefined while nothing unusual does. */
export async function troubleOf(
  deployment: Workload | undefined,
  labelSelector: string,
  { kube, signal }: ObserveContext,
): Promise<string | undefined> {
  if (deployment === undefined || (deployment.status?.readyReplicas ?? 0) > 0) return undefined;
  const failure = deployment.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  if (failure?.message !== undefined) return failure.message;
  const { namespace = '' } = deployment.metadata;
  const { items } = await kube.list<Pod>(PODS, { namespace, labelSelector, signal });
  return items.flatMap(troublesOf)[0];
}

const USUAL = new Set(['ContainerCreating', 'PodInitializing']);

function troublesOf({ status = {} }: Pod): string[] {
  const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = status;
  const waiting = [...initContainerStatuses, ...containerStatuses].flatMap(({ name, state }) => {
    const { reason = '', message = '' } = state?.waiting ?? {};
    return reason === '' || USUAL.has(reason) ? [] : [`container "${name}": ${reason}${message && `: ${message}`}`];
  });
  const unscheduled = conditions.flatMap(({ type, status: is, message = '' }) =>
    type === 'PodScheduled' && is === 'False' ? [`no node takes the pod: ${message}`] : [],
  );
  return [...waiting, ...unscheduled];
}
