import type { AgentRun } from '../../../crds/agentrun.ts';
import { COMPONENTS, LABELS } from '../../../crds/labels.ts';
import { runSubject } from '../../../shared/bus/subjects.ts';
import { classifyFailure } from '../../../shared/kube/failure.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { controllerOf, type KubeObject } from '../../../shared/kube/objects.ts';
import { CONFIG_MAPS, EVENTS, PODS } from '../../../shared/kube/resources.ts';
import { isNotFound } from '../../../shared/kube/status-error.ts';
import type { Job } from '../../../shared/pods/job.ts';
import type { Pod } from '../../../shared/pods/pod.ts';
import type { ObserveContext } from '../../../shared/reconcile/reconciler.ts';
import { keepsMemory, memoryBlock } from '../ending/memory-block.ts';
import type { BusReading, Execution, LogReading } from '../observed.ts';
import { memoryConfigMapOf } from '../pod/volumes.ts';
import { busOutcome } from './outcome.ts';
import { agentEnd, isOverdue } from './progress.ts';

/** A container's log is at most 16 KiB a line on disk, so the tail never loses its end to the limit [RUN-W22] [RUN-W42]. */
const LOG_TAIL = { tailLines: 200, limitBytes: 4 * 1024 * 1024 };
/** The Job controller makes a pod within moments; later than this, its events say why it could not. */
const POD_DUE_SECONDS = 10;

/** Reads what decides over a run under way: its Job's pod, what it published, and its log where the bus has nothing. */
export async function observeExecution(
  run: AgentRun,
  job: Job | undefined,
  context: ObserveContext,
): Promise<Execution> {
  const [pod, bus] = await Promise.all([podOf(run, job, COMPONENTS.agentRun, context), completedMessage(run, context)]);
  const log = await logOf(run, { job, pod, bus }, context);
  return {
    job,
    pod,
    bus,
    log,
    createFailures: job !== undefined && pod === undefined ? await createFailures(job, context) : [],
    memoryFound: keepsMemory(job) && log.state === 'read' && (await memoryFound(run, log.text, context)),
  };
}

/** The log is read once the agent has ended, or had to, and the bus has nothing; or for the memory that it may hold. */
async function logOf(
  run: AgentRun,
  { job, pod, bus }: Pick<Execution, 'job' | 'pod' | 'bus'>,
  context: ObserveContext,
): Promise<LogReading> {
  const decided = bus.state === 'read' && busOutcome(bus.payload) !== undefined;
  if (!decided) {
    const over = agentEnd(pod) !== undefined || isOverdue(run, job, context.now);
    return over ? agentLog(pod, context) : { state: 'unread' };
  }
  if (!keepsMemory(job)) return { state: 'unread' };
  // The result is there; a log that cannot be read costs a memory, not the run.
  return agentLog(pod, context).catch(() => ({ state: 'unread' }));
}

async function memoryFound(run: AgentRun, log: string, { kube, signal }: ObserveContext): Promise<boolean> {
  if (memoryBlock(log) === undefined) return false;
  const at = { namespace: run.metadata.namespace ?? '', name: memoryConfigMapOf(run.spec.instanceRef) };
  return (await kube.get(CONFIG_MAPS, at, { metadataOnly: true, signal })) !== undefined;
}

/**
 * The pod of a Job of this run, told by its owner and never by its label alone, which anyone can set [RUN-W01]. Without the Job,
 * the pod that the run already named.
 */
export async function podOf(
  run: AgentRun,
  job: Job | undefined,
  component: typeof COMPONENTS.agentRun | typeof COMPONENTS.postRun,
  { kube, signal }: ObserveContext,
): Promise<Pod | undefined> {
  const { namespace = '', name } = run.metadata;
  const labelSelector = `${LABELS.agentRun}=${fitName(name)},${LABELS.component}=${component}`;
  const { items } = await kube.list<Pod>(PODS, { namespace, labelSelector, signal });
  const own = items.filter((pod) =>
    job === undefined ? pod.metadata.name === run.status?.podName : controllerOf(pod)?.uid === job.metadata.uid,
  );
  return own.sort((a, b) => compareCreation(b, a))[0];
}

function compareCreation(a: KubeObject, b: KubeObject): number {
  const [x = '', y = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return x === y ? a.metadata.name.localeCompare(b.metadata.name) : x < y ? -1 : 1;
}

/** A bus that is away is an observation, not a failed pass: the log may still decide. */
async function completedMessage(run: AgentRun, { bus, signal }: ObserveContext): Promise<BusReading> {
  const { namespace = '', name, uid = '' } = run.metadata;
  try {
    const message = await bus.last(`${runSubject({ namespace, name, uid })}.completed`, signal);
    return { state: 'read', ...(message !== undefined && { payload: message.payload }) };
  } catch (thrown) {
    if (signal.aborted || classifyFailure(thrown).code !== 'UPSTREAM_UNAVAILABLE') throw thrown;
    return { state: 'unavailable' };
  }
}

/** Only a missing pod means that there is no log; any other failure fails the pass, to be tried again [RUN-W23]. */
async function agentLog(pod: Pod | undefined, { kube, signal }: ObserveContext): Promise<LogReading> {
  if (pod === undefined) return { state: 'gone' };
  const { namespace = '', name } = pod.metadata;
  // An agent that never began has no log, and the API server would answer 400.
  const state = pod.status?.containerStatuses?.find((one) => one.name === 'agent')?.state;
  if (state?.running === undefined && state?.terminated === undefined) return { state: 'gone' };
  try {
    return { state: 'read', text: await kube.logs({ namespace, name }, { container: 'agent', ...LOG_TAIL, signal }) };
  } catch (thrown) {
    if (isNotFound(thrown)) return { state: 'gone' };
    throw thrown;
  }
}

interface KubeEvent extends KubeObject {
  message?: string;
}

export async function createFailures(job: Job, { kube, now, signal }: ObserveContext): Promise<string[]> {
  const age = (now.getTime() - Date.parse(job.metadata.creationTimestamp ?? '')) / 1000;
  if (!(age >= POD_DUE_SECONDS)) return [];
  const { namespace = '', uid = '' } = job.metadata;
  const fieldSelector = `involvedObject.uid=${uid},reason=FailedCreate`;
  const { items } = await kube.page<KubeEvent>(EVENTS, { namespace, fieldSelector, limit: 20, signal });
  return items.flatMap(({ message }) => (message === undefined ? [] : [message]));
}
