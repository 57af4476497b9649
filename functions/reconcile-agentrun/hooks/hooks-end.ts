import { jobEnd } from '../../../shared/pods/job.ts';
import type { Pod } from '../../../shared/pods/pod.ts';
import type { RunConfig } from '../config.ts';
import type { PostRunning } from '../observed.ts';
import { startFailure } from '../outcome/start-failure.ts';
import { type Hook, postRunHooks, postRunTimeout, runningHook } from './hooks.ts';
import { postRunSeconds } from './post-run-job.ts';

/** How the postRun hooks of a run stand. `open`: look again after so many seconds if nothing happens. */
export type HooksEnd =
  | { kind: 'passed' }
  | { kind: 'failed'; why: string }
  | { kind: 'open'; seconds: number; why: string };

/** Covers events that a watch missed. */
const RECHECK_SECONDS = 60;

/** A Job that is gone has failed, so that no run waits for it for ever [RUN-W09]. */
export function hooksEnd(
  { primary, hookJob, hookPod, createFailures }: PostRunning,
  now: Date,
  config: RunConfig,
): HooksEnd {
  const hooks = postRunHooks(primary.status?.resolution ?? primary.spec);
  if (hookJob === undefined) return failed('their Job was removed');
  const ended = jobEnd(hookJob);
  if (ended?.type === 'Complete') return { kind: 'passed' };
  const broken = brokenHook(hookPod, hooks);
  if (broken !== undefined) return failed(broken);
  if (ended !== undefined) return failed(ended.message || ended.reason);
  const running = runningHook(hookPod, hooks, (hook) => postRunTimeout(hook, config), now);
  if (running !== undefined && running.left <= 0) {
    return failed(`hook "${running.hook.name}" took longer than its ${postRunTimeout(running.hook, config)} s`);
  }
  const left = secondsLeft({ primary, hookJob }, now, config);
  if (left <= 0) return failed('they took longer than all their time-outs together');
  const blocked = startFailure(
    { job: hookJob, pod: hookPod, createFailures },
    now,
    config.RUN_UNSCHEDULABLE_GRACE_SECONDS,
  );
  if (blocked !== undefined && blocked.inSeconds <= 0) return failed(blocked.failure.message);
  // A hook that has not been seen to run may begin at any moment, and then has its time-out from there.
  const soonest = running?.left ?? Math.min(...hooks.map((hook) => postRunTimeout(hook, config)));
  const seconds = Math.max(Math.min(left, soonest, blocked?.inSeconds ?? RECHECK_SECONDS, RECHECK_SECONDS), 0.1);
  return { kind: 'open', seconds, why: blocked?.failure.message ?? 'The postRun hooks are at work' };
}

const failed = (why: string): HooksEnd => ({ kind: 'failed', why });

/** The hooks' clock starts with them, however long the run took [RUN-W08]. */
function secondsLeft(
  { primary, hookJob }: Pick<PostRunning, 'primary' | 'hookJob'>,
  now: Date,
  config: RunConfig,
): number {
  const { resolution } = primary.status ?? {};
  const since = resolution?.postRun?.startedAt ?? hookJob?.metadata.creationTimestamp ?? '';
  return postRunSeconds(resolution ?? primary.spec, config) - (now.getTime() - Date.parse(since)) / 1000;
}

function brokenHook(pod: Pod | undefined, hooks: readonly Hook[]): string | undefined {
  for (const { name, state } of pod?.status?.initContainerStatuses ?? []) {
    const code = state?.terminated?.exitCode ?? 0;
    const hook = hooks.find(({ container }) => container === name);
    if (code !== 0) return `hook "${hook?.name ?? name}" exited with code ${code}`;
  }
  return undefined;
}
