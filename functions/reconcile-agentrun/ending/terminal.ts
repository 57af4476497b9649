import type { AgentRun } from '../../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES, CONDITIONS, RUN_REASONS } from '../../../crds/conditions.ts';
import { FINALIZERS, LABELS } from '../../../crds/labels.ts';
import type { BusEnvelope } from '../../../shared/bus/subjects.ts';
import { SUBJECT_PREFIX } from '../../../shared/bus/subjects.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { refOf } from '../../../shared/kube/resources.ts';
import { type Job, jobEnd } from '../../../shared/pods/job.ts';
import type { Action, BusMessage, Plan } from '../../../shared/reconcile/plan.ts';
import { heldAnswerRemovals } from '../hooks/held-answer.ts';
import { resolutionOf } from '../outcome/progress.ts';
import { isSandbox, resourceOf } from '../pod/workload.ts';
import { workspaceRemovals } from '../pod/workspace.ts';
import type { Queue } from '../queue/queue.ts';
import { wakesAtEnd } from '../queue/slot-wakes.ts';
import { revocations } from '../rights/grants.ts';
import type { ServerObjects } from '../server/objects.ts';
import { serverRemovals } from '../server/removals.ts';
import { secretRemovals } from '../skills/skill-secrets.ts';
import { hasFinalizer } from '../stage.ts';
import { endChildren } from './children.ts';
import { answerAsker } from './delegation.ts';
import { failureMemory } from './failure-memory.ts';

/** What is there of a run that ends: the agent's Job, that of its hooks, what serves, who may wait for its slot, and whom it asked. */
interface Remains {
  job?: Job | undefined;
  hookJob?: Job | undefined;
  queue?: Queue | undefined;
  server?: ServerObjects | undefined;
  children?: readonly AgentRun[] | undefined;
}

/**
 * What is left once a run's outcome is stored, in this order: its Job is removed where it would linger [RUN-W07], the one
 * terminal event is published, and the run is marked. The mark comes after the bus has acknowledged the event, so a run without
 * it is told again, under the same message id.
 */
export function wrapUp(
  run: AgentRun,
  status: AgentRunStatus,
  { job, hookJob, queue, server, children }: Remains,
): Action[] {
  const resolution = resolutionOf({ ...run, status }, job);
  return [
    ...disposal(job, status),
    ...serverRemovals(run, server),
    ...hookDisposal(hookJob, status),
    ...endChildren(children),
    ...revocations(run, resolution),
    ...secretRemovals(run, resolution),
    ...workspaceRemovals(run, resolution),
    ...heldAnswerRemovals(run, status),
    ...wakesAtEnd(run, queue),
    ...failureMemory(run, status),
    ...answerAsker(run, status),
    { verb: 'publish', message: terminalEvent(run, status) },
    mark(run),
  ];
}

/** Until then nothing else is to be done. */
const CLEAR_SECONDS = 1;

/**
 * Ends a run that is not under way yet. Had a pass claimed it before, that may have made or granted something and been cut off:
 * then the next one looks for it.
 */
export function failBegun(run: AgentRun, status: AgentRunStatus, remains: Remains, reason: string): Plan {
  const stored: Action = { verb: 'applyStatus', status };
  if (status.resolution === undefined && hasFinalizer(run.metadata.finalizers))
    return { actions: [stored], reason, requeueAfterSeconds: CLEAR_SECONDS };
  return { actions: [stored, ...wrapUp(run, status, remains)], reason };
}

/**
 * One patch: the finalizer goes, and the label keeps the run out of all watches. A run without the label of its instance gets
 * it, so that its instance's history counts it [RUN-W42]; one that another run asked for gets the label of that.
 */
export function mark({ metadata, spec }: AgentRun): Action {
  const finalizers = (metadata.finalizers ?? []).filter((one) => one !== FINALIZERS.agentRun);
  const counted = metadata.labels?.[LABELS.instance] !== undefined;
  const labels = {
    [LABELS.finished]: 'true',
    ...(!counted && { [LABELS.instance]: fitName(spec.instanceRef) }),
    ...(spec.parent !== undefined && { [LABELS.parentRun]: fitName(spec.parent.runName) }),
  };
  return { verb: 'patchMetadata', metadata: { finalizers, labels } };
}

/**
 * A Job that would go on is deleted. One of agent and bridge alone ends by itself after a report, since the bridge ends when it
 * has published; other sidecars may stay for ever [RUN-075].
 */
export function disposal(job: Job | undefined, status: AgentRunStatus): Action[] {
  if (job === undefined || !goesOn(job)) return [];
  const decided = status.conditions?.find(({ type }) => type === CONDITIONS.succeeded)?.reason;
  const reason = status.resolution?.postRun?.reason ?? decided;
  const reported = reason === RUN_REASONS.succeeded || reason === RUN_REASONS.agentFailed;
  // Of a run that began anew it is not known which pod reported.
  const first = status.resolution?.attempt === undefined;
  // A Sandbox would make its pod anew, once that is cleared away.
  if (reported && first && !isSandbox(job) && job.spec.template.spec.containers.length <= 2) return [];
  // The pod must be gone before the Job is, so that a run that was ended never works on unseen [RUN-082].
  return [deletion(job, OVER_AT_ONCE.includes(reason ?? '') ? 'Foreground' : 'Background')];
}

const OVER_AT_ONCE: readonly string[] = [RUN_REASONS.timeout, RUN_REASONS.cancelled];

const goesOn = (job: Job): boolean => jobEnd(job) === undefined && job.metadata.deletionTimestamp === undefined;

const GIVEN = ['approved', 'rejected', 'rewritten'];

/** Hooks that go on after a verdict, such as one that waits for a person, are ended; so are those over their time [RUN-101]. */
function hookDisposal(job: Job | undefined, { gateVerdict = '' }: AgentRunStatus): Action[] {
  if (job === undefined || !goesOn(job)) return [];
  return [deletion(job, GIVEN.includes(gateVerdict) ? 'Background' : 'Foreground')];
}

export function deletion(job: Job, propagation: 'Foreground' | 'Background'): Action {
  return { verb: 'delete', target: refOf(resourceOf(job), job), propagation };
}

/**
 * Exactly one a run [RUN-W34]: `agent.run.completed` with the result, or `agent.run.failed` with the error. Made from what is
 * stored and from nothing else, so that every repeat is the same message.
 */
function terminalEvent(run: AgentRun, status: AgentRunStatus): BusMessage {
  const { result = '', error = '', tokenUsage, completedAt = '' } = status;
  if (status.phase !== AGENT_RUN_PHASES.succeeded) return failedEvent(run, error, completedAt);
  const { durationMs = 0, inputTokens = 0, outputTokens = 0, toolCalls = 0 } = tokenUsage ?? {};
  const metrics = { durationMs, inputTokens, outputTokens, toolCalls };
  return event(run, 'agent.run.completed', { status: 'success', response: result, metrics }, completedAt);
}

/** The event of a run that was deleted while it was under way [RUN-W35]. */
export function cancelledEvent(run: AgentRun): BusMessage {
  return failedEvent(run, 'cancelled', run.metadata.deletionTimestamp ?? '');
}

const failedEvent = (run: AgentRun, error: string, timestamp: string): BusMessage =>
  event(run, 'agent.run.failed', { error }, timestamp);

function event(run: AgentRun, topic: string, data: unknown, timestamp: string): BusMessage {
  const { name, namespace = '', uid = '' } = run.metadata;
  // The name alone does not tell runs of two namespaces apart [RUN-W61].
  const metadata = { agentRunID: name, instanceName: run.spec.instanceRef, namespace };
  const payload: BusEnvelope = { topic, timestamp, metadata, data };
  return { id: `${uid}-terminal`, subject: `${SUBJECT_PREFIX}${topic}`, payload };
}
