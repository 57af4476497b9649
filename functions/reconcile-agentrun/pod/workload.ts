/** What runs the pod of an agent: a Job, or a Sandbox of the agent-sandbox API, which is read in the form of a Job. */
import type { AgentRun } from '../../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../../crds/agentrun-status.ts';
import { JOBS, type Resource, SANDBOXES } from '../../../shared/kube/resources.ts';
import type { Job } from '../../../shared/pods/job.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import type { ObserveContext } from '../../../shared/reconcile/reconciler.ts';
import { jobNameOf, sandboxNameOf } from '../names.ts';
import { jobFor } from './job.ts';
import type { RunBuild } from './run-build.ts';
import { jobOfSandbox, type Sandbox, sandboxFor } from './sandbox.ts';

/** The Job or Sandbox that the status names; before it does, whichever has its name. The API may be missing: then so is the Sandbox. */
export async function workloadOf(run: AgentRun, { kube, signal }: ObserveContext): Promise<Job | undefined> {
  const { namespace = '', name } = run.metadata;
  const { jobName, sandboxName } = run.status ?? {};
  const at = (named: string) => ({ namespace, name: named });
  const job =
    sandboxName === undefined ? await kube.get<Job>(JOBS, at(jobName ?? jobNameOf(name)), { signal }) : undefined;
  if (job !== undefined || jobName !== undefined) return job;
  const sandbox = await kube.get<Sandbox>(SANDBOXES, at(sandboxName ?? sandboxNameOf(name)), { signal });
  return sandbox === undefined ? undefined : jobOfSandbox(sandbox);
}

export function createWorkload(build: RunBuild): Action {
  return build.resolution.agentSandbox === undefined
    ? { verb: 'create', resource: JOBS, object: jobFor(build) }
    : { verb: 'create', resource: SANDBOXES, object: sandboxFor(build) };
}

export const isSandbox = ({ kind }: Job): boolean => kind === SANDBOXES.kind;

export const resourceOf = (workload: Job): Resource => (isSandbox(workload) ? SANDBOXES : JOBS);

/** How the status names it. */
export const namedAs = (workload: Job): Pick<AgentRunStatus, 'jobName' | 'sandboxName'> =>
  isSandbox(workload) ? { sandboxName: workload.metadata.name } : { jobName: workload.metadata.name };
