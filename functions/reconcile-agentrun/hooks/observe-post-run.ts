import type { AgentRun } from '../../../crds/agentrun.ts';
import { COMPONENTS } from '../../../crds/labels.ts';
import { isControlledBy } from '../../../shared/kube/objects.ts';
import { CONFIG_MAPS, JOBS } from '../../../shared/kube/resources.ts';
import type { Job } from '../../../shared/pods/job.ts';
import type { ObserveContext } from '../../../shared/reconcile/reconciler.ts';
import { heldAnswerOf, postRunJobNameOf } from '../names.ts';
import type { PostRunning } from '../observed.ts';
import { createFailures, podOf } from '../outcome/observe-execution.ts';
import type { ConfigMap } from '../pod/input-config-map.ts';
import { type HeldAnswer, heldIn, holdsAnswer } from './held-answer.ts';

/** Whatever has the name of the Job of the run's hooks. */
export function hookJobOf(run: AgentRun, { kube, signal }: ObserveContext): Promise<Job | undefined> {
  const { namespace = '', name } = run.metadata;
  return kube.get<Job>(JOBS, { namespace, name: run.status?.postRunJobName ?? postRunJobNameOf(name) }, { signal });
}

/** `job` is the agent's own, if it is still there. */
export async function observePostRun(
  primary: AgentRun,
  job: Job | undefined,
  context: ObserveContext,
): Promise<PostRunning> {
  const [found, held] = await Promise.all([hookJobOf(primary, context), heldAnswer(primary, context)]);
  const hookJob = found !== undefined && isControlledBy(found, primary) ? found : undefined;
  const hookPod = hookJob === undefined ? undefined : await podOf(primary, hookJob, COMPONENTS.postRun, context);
  const lacking = hookJob !== undefined && hookPod === undefined;
  return {
    stage: 'postRunning',
    primary,
    job,
    hookJob,
    hookPod,
    createFailures: lacking ? await createFailures(hookJob, context) : [],
    held,
  };
}

async function heldAnswer(run: AgentRun, { kube, signal }: ObserveContext): Promise<HeldAnswer | undefined> {
  if (!holdsAnswer(run.status ?? {})) return undefined;
  const { namespace = '', name } = run.metadata;
  const kept = await kube.get<ConfigMap>(CONFIG_MAPS, { namespace, name: heldAnswerOf(name) }, { signal });
  return kept !== undefined && isControlledBy(kept, run) ? heldIn(kept) : undefined;
}
