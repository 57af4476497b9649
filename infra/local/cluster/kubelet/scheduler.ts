import type { KubeClient } from '../../../../shared/kube/client.ts';
import { PODS, pathOf } from '../../../../shared/kube/resources.ts';
import type { Condition, Pod } from '../client/core-types.ts';
import type { Informer } from '../client/informer.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import type { EventRecorder } from './event-recorder.ts';

export interface SchedulerNode {
  name: string;
  labels: Record<string, string>;
}

/** Binds pods to the one node there is, or says in their `PodScheduled` condition why it cannot. */
export function startScheduler(
  {
    client,
    pods,
    events,
    log,
  }: { client: KubeClient; pods: Informer<Pod>; events: EventRecorder; log(message: string): void },
  node: SchedulerNode,
): { close(): Promise<void> } {
  const queue = createWorkQueue({ name: 'scheduler', reconcile, concurrency: 8, log });
  pods.onChange(({ type, object }) => {
    if (type !== 'DELETED' && isUnbound(object)) queue.add(`${object.metadata.namespace}/${object.metadata.name}`);
  });

  async function reconcile(key: string): Promise<undefined> {
    const [namespace = '', name = ''] = key.split('/');
    const pod = pods.get(namespace, name);
    if (pod === undefined || !isUnbound(pod)) return;
    const refusal = refusalOf(pod, node);
    if (refusal !== undefined) return report(pod, refusal);
    const { uid } = pod.metadata;
    await client.json({
      method: 'POST',
      path: `${pathOf(PODS, namespace, name)}/binding`,
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: node.name },
      },
    });
    events.record(pod, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${key} to ${node.name}`,
    });
  }

  async function report(pod: Pod, refusal: { reason: string; message: string }): Promise<undefined> {
    const condition: Condition = { type: 'PodScheduled', status: 'False', lastProbeTime: null, ...refusal };
    const current = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (current?.reason === refusal.reason && current.message === refusal.message) return;
    condition.lastTransitionTime = `${new Date().toISOString().slice(0, 19)}Z`;
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
    const { namespace, name, uid } = pod.metadata;
    await client.json({
      method: 'PATCH',
      path: `${pathOf(PODS, namespace, name)}/status`,
      query: { fieldManager: 'kube-scheduler' },
      body: { metadata: { uid }, status: { phase: 'Pending', conditions: [...others, condition] } },
      contentType: 'application/merge-patch+json',
    });
    events.record(pod, { type: 'Warning', reason: 'FailedScheduling', message: refusal.message });
  }

  return { close: () => queue.close() };
}

function isUnbound({ metadata, spec, status }: Pod): boolean {
  const ours = spec.schedulerName === undefined || spec.schedulerName === 'default-scheduler';
  const finished = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return ours && !finished && (spec.nodeName ?? '') === '' && metadata.deletionTimestamp === undefined;
}

export function refusalOf({ spec }: Pod, node: SchedulerNode): { reason: string; message: string } | undefined {
  if (spec.schedulingGates !== undefined && spec.schedulingGates.length > 0) {
    return { reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' };
  }
  const mismatch = Object.entries(spec.nodeSelector ?? {}).some(([key, value]) => node.labels[key] !== value);
  if (!mismatch) return undefined;
  const preemption = 'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
  return {
    reason: 'Unschedulable',
    message: `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. ${preemption}`,
  };
}
