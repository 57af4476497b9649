/** After the agent: its hooks, and the gate among them. Running → PostRunning → Succeeded or Failed (AgentRun spec, 2.5). */
import type { AgentRun } from '../../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES, RUN_REASONS } from '../../../crds/conditions.ts';
import { ANNOTATIONS } from '../../../crds/labels.ts';
import { cutBytes } from '../../../shared/bytes.ts';
import { isControlledBy } from '../../../shared/kube/objects.ts';
import { JOBS } from '../../../shared/kube/resources.ts';
import type { Action, Plan } from '../../../shared/reconcile/plan.ts';
import type { RunConfig } from '../config.ts';
import { endChildren } from '../ending/children.ts';
import { memoryOf, rememberAction } from '../ending/memory-block.ts';
import { disposal, wrapUp } from '../ending/terminal.ts';
import { failure } from '../failure.ts';
import { RESULT_MAX } from '../limits.ts';
import type { Executing, PostRunning } from '../observed.ts';
import type { Ended } from '../outcome/verdict.ts';
import { failedStatus, hooksFailedStatus, postRunningStatus, succeededStatus } from '../run-status.ts';
import { begunNote, mayHaveExpired } from '../start/begun.ts';
import { isGoing, POD_CHECK_SECONDS, PREDECESSOR_SECONDS } from '../start/start.ts';
import { decide, verdictOf } from './gate.ts';
import { type HeldAnswer, holdAnswer, holdsAnswer } from './held-answer.ts';
import { hasPostRun, isGated, postRunHooks, postRunTimeout } from './hooks.ts';
import { hooksEnd } from './hooks-end.ts';
import { type AgentReport, postRunJob } from './post-run-job.ts';

/** Whether hooks follow: those of a run whose pod was there, however it ended, so that they can clean up [RUN-W28]. */
export const hooksFollow = ({ phase, resolution }: AgentRunStatus): boolean =>
  phase === AGENT_RUN_PHASES.running && hasPostRun(resolution);

/**
 * The hooks begin. Their Job comes before the phase, so that a run in PostRunning has had its Job and never gets a second one;
 * the agent's Job goes after the outcome is stored [RUN-W07].
 */
export function startPostRun(
  seen: Executing,
  status: AgentRunStatus,
  ended: Ended,
  now: Date,
  config: RunConfig,
): Plan {
  const { primary: run, job, hookJob } = seen;
  const foreign = hookJob !== undefined && !isControlledBy(hookJob, run);
  if (foreign && isGoing(hookJob, run)) {
    const reason = 'The hooks of an earlier run of this name are going';
    return { actions: [], reason, requeueAfterSeconds: PREDECESSOR_SECONDS };
  }
  if (foreign) {
    return withoutHooks(
      seen,
      status,
      ended,
      now,
      `Job "${hookJob.metadata.name}" exists and does not belong to the run`,
    );
  }
  if (hookJob === undefined && mayHaveExpired(run, ANNOTATIONS.hooksBegun, now)) {
    return withoutHooks(seen, status, ended, now, 'they began, and minutes later their Job is not there');
  }
  const next = postRunningStatus(run, status, ended, now);
  const held = heldAnswer(seen, ended);
  const note = begunNote(run, ANNOTATIONS.hooksBegun, now);
  const noted: Action[] =
    Object.keys(note).length === 0 ? [] : [{ verb: 'patchMetadata', metadata: { annotations: note } }];
  const begun = hookJob === undefined ? [...noted, ...hookActions(seen, next, ended, held, config)] : [];
  const remember = holdsAnswer(next) || held?.memory === undefined ? [] : [rememberAction(run, held.memory)];
  return {
    actions: [
      ...begun,
      ...remember,
      { verb: 'applyStatus', status: next },
      ...disposal(job, next),
      ...endChildren(seen.children),
    ],
    reason: 'The agent is done; its hooks begin',
    requeueAfterSeconds: Math.min(POD_CHECK_SECONDS, ...timeouts(next, config)),
  };
}

/** No hook may have ended its time before the first look at it. */
const timeouts = ({ resolution }: AgentRunStatus, config: RunConfig): number[] =>
  postRunHooks(resolution).map((hook) => postRunTimeout(hook, config));

function hookActions(
  { primary: run, pod }: Executing,
  status: AgentRunStatus,
  ended: Ended,
  held: HeldAnswer | undefined,
  config: RunConfig,
): Action[] {
  const { resolution } = status;
  if (resolution === undefined) return [];
  const report: AgentReport = {
    exitCode: ended.kind === 'succeeded' ? 0 : 1,
    text: ended.kind === 'succeeded' ? ended.outcome.response : ended.failure.error,
    nodeName: pod?.spec?.nodeName,
  };
  return [
    ...verdictWithdrawal(run),
    ...(holdsAnswer(status) && held !== undefined ? [holdAnswer(run, held)] : []),
    { verb: 'apply', resource: JOBS, object: postRunJob(run, resolution, report, config) },
  ];
}

/** A verdict from before there was an answer is none [RUN-W13]. */
function verdictWithdrawal({ metadata }: AgentRun): Action[] {
  if (metadata.annotations?.[ANNOTATIONS.gateVerdict] === undefined) return [];
  return [{ verb: 'patchMetadata', metadata: { annotations: { [ANNOTATIONS.gateVerdict]: null } } }];
}

function heldAnswer({ log, memoryFound }: Executing, ended: Ended): HeldAnswer | undefined {
  if (ended.kind !== 'succeeded') return undefined;
  const memory = memoryOf(log, memoryFound);
  return { response: cutBytes(ended.outcome.response, RESULT_MAX).text, ...(memory !== undefined && { memory }) };
}

/** The hooks cannot be run: the run ends as if they had failed, and its gate with them. */
export function withoutHooks(seen: Executing, status: AgentRunStatus, ended: Ended, now: Date, why: string): Plan {
  const after = postRunningStatus(seen.primary, status, ended, now);
  return conclusion({ ...seen, hookJob: undefined, held: heldAnswer(seen, ended) }, after, now, why);
}

/** A verdict ends the hooks at once [RUN-101]; else their own end decides. */
export function planPostRun(seen: PostRunning, now: Date, config: RunConfig): Plan {
  const { primary: run, job } = seen;
  const status = run.status ?? {};
  const end = hooksEnd(seen, now, config);
  if (isGated(lifecycleOf(run)) && verdictOf(run) !== undefined) return conclusion(seen, status, now);
  switch (end.kind) {
    case 'open':
      return { actions: disposal(job, status), reason: end.why, requeueAfterSeconds: end.seconds };
    case 'passed':
      return conclusion(seen, status, now);
    case 'failed':
      return conclusion(seen, status, now, end.why);
  }
}

/** The hooks that count; runs of the original have them in their spec only. */
const lifecycleOf = ({ spec, status }: AgentRun) => ({ lifecycle: status?.resolution?.lifecycle ?? spec.lifecycle });

type Concluded = Pick<PostRunning, 'primary' | 'job' | 'hookJob' | 'held' | 'queue' | 'children'>;

/** The run ends as its agent did; a gate may put another answer in the place of the agent's. `why` says how hooks failed. */
function conclusion(seen: Concluded, status: AgentRunStatus, now: Date, why?: string): Plan {
  const { primary: run, job, hookJob, held, queue, children } = seen;
  const { lifecycle } = lifecycleOf({ ...run, status });
  const decision = isGated({ lifecycle })
    ? decide(verdictOf(run), lifecycle?.gateDefault ?? 'block', why !== undefined)
    : undefined;
  const verdict = decision === undefined ? {} : { gateVerdict: decision.verdict };
  const told = hooksFailedStatus(run, { ...status, ...verdict }, why, now);
  const next = finalStatus(run, told, decision?.response ?? held?.response ?? status.result, decision, now);
  // What the agent wants remembered waits for the gate, too.
  const released = decision !== undefined && decision.response === undefined && status.exitCode === 0;
  const remember = released && held?.memory !== undefined ? [rememberAction(run, held.memory)] : [];
  return {
    actions: [
      ...remember,
      { verb: 'applyStatus', status: next },
      ...wrapUp(run, next, { job, hookJob, queue, children }),
    ],
    reason: decision?.message ?? why ?? 'The hooks are done',
  };
}

function finalStatus(
  run: AgentRun,
  status: AgentRunStatus,
  response: string | undefined,
  decision: ReturnType<typeof decide> | undefined,
  now: Date,
): AgentRunStatus {
  if (status.exitCode !== 0) {
    const { reason = RUN_REASONS.agentFailed, message = '' } = status.resolution?.postRun ?? {};
    const { error = '' } = status;
    return failedStatus(run, status, { reason, error, message: message || error }, now);
  }
  if (response === undefined) {
    const error = 'the answer was removed while the gate had it';
    return failedStatus(run, status, failure(RUN_REASONS.noResult, error), now);
  }
  if (decision === undefined) return succeededStatus(run, status, { response }, now);
  const { resultTruncated: _, ...rest } = status;
  const kept = decision.response === undefined ? status : rest;
  const blocked = decision.response !== undefined && decision.verdict !== 'rewritten';
  const reason = blocked ? RUN_REASONS.gateRejected : RUN_REASONS.succeeded;
  return succeededStatus(run, kept, { response }, now, { reason, message: decision.message });
}
