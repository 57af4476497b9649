import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { INSTANCE } from './bench.ts';
import type { ControlPlane } from './control-plane.ts';
import { answerOf } from './stand-in-kubelet.ts';
import type { RunRecord, Timeline } from './timeline.ts';

const TASK = 'Say what the weather is like.';
const DEADLINE_MS = 120_000;

/** Creates a run through the Kubernetes API and notes when that was asked and answered. */
export async function createRun(kube: KubeClient, namespace: string, name: string, timeline: Timeline): Promise<void> {
  const record = timeline.record(name);
  record.sentAt = performance.now();
  await kube.json<KubeObject>({
    method: 'POST',
    path: `/apis/${API_VERSION}/namespaces/${namespace}/${KINDS.AgentRun.plural}`,
    query: { fieldManager: 'bench', fieldValidation: 'Strict' },
    body: agentRun(namespace, name),
    deadlineMs: DEADLINE_MS,
  });
  record.answeredAt = performance.now();
}

/** The same through the REST API. */
export async function postRun(
  { url, token }: Pick<ControlPlane, 'url' | 'token'>,
  namespace: string,
  name: string,
  timeline: Timeline,
): Promise<void> {
  const record = timeline.record(name);
  record.sentAt = performance.now();
  const response = await fetch(`${url}/api/v1/runs?namespace=${namespace}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ instanceRef: INSTANCE, task: TASK, name }),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`POST /api/v1/runs answered ${response.status}: ${body.slice(0, 200)}`);
  record.answeredAt = performance.now();
}

function agentRun(namespace: string, name: string): object {
  return {
    apiVersion: API_VERSION,
    kind: KINDS.AgentRun.kind,
    metadata: { name, namespace, labels: { [LABELS.instance]: INSTANCE } },
    spec: {
      instanceRef: INSTANCE,
      agentId: 'primary',
      sessionKey: name,
      task: TASK,
      model: { provider: 'scripted', model: 'scripted', authSecretRef: '' },
    },
  };
}

/** Milliseconds between two moments, of the runs that have both. */
export function durations(
  records: readonly RunRecord[],
  from: 'sentAt' | 'podEndedAt',
  to: 'answeredAt' | 'jobAt' | 'terminalAt',
): number[] {
  return records.flatMap((record) => {
    const [begin, end] = [record[from], record[to]];
    return begin === undefined || end === undefined ? [] : [end - begin];
  });
}

/** True when the run is Succeeded with what its own pod's agent answered. */
export const keptResult = ({ phase, result, podName }: RunRecord): boolean =>
  phase === 'Succeeded' && podName !== undefined && result === answerOf(podName);

export const first = (times: readonly (number | undefined)[]): number =>
  Math.min(...times.filter((time) => time !== undefined));
export const last = (times: readonly (number | undefined)[]): number =>
  Math.max(...times.filter((time) => time !== undefined));
