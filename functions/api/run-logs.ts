import { setTimeout as delay } from 'node:timers/promises';
import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { fitName } from '../../shared/kube/names.ts';
import { PODS } from '../../shared/kube/resources.ts';
import { KubeStatusError } from '../../shared/kube/status-error.ts';
import { HttpError } from './http-error.ts';
import { containerOf, type Pod } from './pod.ts';

const RETRY_MS = 300;

/** The newest pod of a run; undefined when it has none (any more). */
async function podOf(kube: KubeClient, run: AgentRun): Promise<Pod | undefined> {
  const { name, namespace = 'default' } = run.metadata;
  const labelSelector = `${LABELS.agentRun}=${fitName(name)}`;
  const { items } = await kube.list<Pod>(PODS, { namespace, labelSelector });
  const age = ({ metadata }: Pod) => metadata.creationTimestamp ?? '';
  return items.toSorted((a, b) => (age(a) < age(b) ? 1 : -1))[0];
}

/** The log of a run's pod so far. 404 when there is no such pod, 409 when its container has not started. */
export async function readRunLog(kube: KubeClient, run: AgentRun, container: string | undefined): Promise<string> {
  const pod = await podOf(kube, run);
  if (pod === undefined) throw noPod(run);
  try {
    return await kube.logs(locationOf(pod), { container: containerOf(pod, container) });
  } catch (error) {
    if (notStarted(error))
      throw new HttpError(409, `the pod of run "${run.metadata.name}" has not started yet`, { cause: error });
    throw error;
  }
}

/** The log as it is written: waits for the container to start, and ends with it, or once the run has ended without one. */
export async function* followRunLog(
  kube: KubeClient,
  run: AgentRun,
  { container, signal }: { container: string | undefined; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const { name, namespace = 'default' } = run.metadata;
  while (!signal.aborted) {
    const pod = await podOf(kube, run);
    const log = pod === undefined ? undefined : await openLog(kube, pod, container, signal);
    if (log !== undefined) {
      yield* log;
      return;
    }
    const current = await kube.get<AgentRun>(KINDS.AgentRun, { namespace, name });
    if (current === undefined || isTerminalPhase(current.status?.phase)) return;
    await delay(RETRY_MS);
  }
}

async function openLog(kube: KubeClient, pod: Pod, container: string | undefined, signal: AbortSignal) {
  const options = { container: containerOf(pod, container), signal };
  return kube.followLogs(locationOf(pod), options).catch((error: unknown) => {
    if (notStarted(error) || signal.aborted) return undefined;
    throw error;
  });
}

const locationOf = ({ metadata }: Pod) => ({ namespace: metadata.namespace ?? 'default', name: metadata.name });
const notStarted = (error: unknown) => error instanceof KubeStatusError && error.code === 400;

function noPod({ metadata, status }: AgentRun): HttpError {
  const ended = isTerminalPhase(status?.phase);
  const why = ended ? 'it has ended, and its pod is gone; what it said is in its status' : 'it has not started yet';
  return new HttpError(ended ? 404 : 409, `run "${metadata.name}" has no pod: ${why}`);
}
