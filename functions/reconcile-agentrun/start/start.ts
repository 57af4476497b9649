import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import { RUN_REASONS } from '../../../crds/conditions.ts';
import { ANNOTATIONS } from '../../../crds/labels.ts';
import { controllerOf, type KubeObject } from '../../../shared/kube/objects.ts';
import { CONFIG_MAPS, SERVICE_ACCOUNTS } from '../../../shared/kube/resources.ts';
import { policiesOf } from '../../../shared/policy/floor.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import type { RunConfig } from '../config.ts';
import { orphaned } from '../ending/children.ts';
import { type Failure, failure } from '../failure.ts';
import { invalidHooks } from '../hooks/hook-check.ts';
import { mcpConfigMaps } from '../mcp/mcp-config-map.ts';
import { mcpServersOf, missingMcpServer } from '../mcp/mcp-servers.ts';
import { AGENT_SERVICE_ACCOUNT } from '../names.ts';
import type { Resolving, Starting } from '../observed.ts';
import { inputConfigMap } from '../pod/input-config-map.ts';
import { missingMemory } from '../pod/memory-env.ts';
import { networkActions } from '../pod/network-policy.ts';
import { isServer, type RunBuild } from '../pod/run-build.ts';
import { sandboxDenial, withAgentSandbox } from '../pod/sandbox.ts';
import { createWorkload } from '../pod/workload.ts';
import { workspaceActions } from '../pod/workspace.ts';
import { type ConcurrencyLimit, limitsOf } from '../queue/queue.ts';
import { claimSlot } from '../queue/slot-ledger.ts';
import { wakesAfterStart } from '../queue/slot-wakes.ts';
import { turnOf } from '../queue/slots.ts';
import { grantActions, grantsOf } from '../rights/grants.ts';
import { skillConfigMaps } from '../skills/skill-config-maps.ts';
import { secretCopies } from '../skills/skill-secrets.ts';
import { foundSkills } from '../skills/skills.ts';
import { type Missing, missingReference, policyDenial } from './admission.ts';
import { mayHaveExpired } from './begun.ts';
import { atRealDepth, subAgentDenial } from './lineage.ts';
import { oversize, resolve } from './resolve.ts';

/** What a run that has no Job yet comes to. */
export type Beginning =
  | { kind: 'begin'; actions: Action[] }
  | { kind: 'failed'; failure: Failure }
  | { kind: 'queued'; limit: ConcurrencyLimit; place: number }
  | { kind: 'wait'; seconds: number; why: string };

/** A predecessor's Job goes within moments, once its pod has ended. */
export const PREDECESSOR_SECONDS = 5;
/** A change of the functions' environment wakes no run. */
const MEMORY_CHECK_SECONDS = 5;
/** The Job's pod wakes the run; this covers events that a watch missed, and pods that are never made. */
export const POD_CHECK_SECONDS = 15;

/** Checks what the run refers to and asks for, and builds its objects: all in one pass, the Job last. */
export function begin(seen: Starting, now: Date, config: RunConfig): Beginning {
  const missing = missingReference(seen, now) ?? missingMcpServer(seen, now);
  if (missing !== undefined) return failsLater(missing, missing.inSeconds);
  const build = buildOf(seen, config);
  // `missingReference` has settled that the instance is there; the compiler cannot know.
  if (build === undefined) return { kind: 'wait', seconds: PREDECESSOR_SECONDS, why: 'The instance is missing' };
  const { run, resolution, instance } = build;
  const packs = build.skills.map(({ pack }) => pack);
  const refused =
    orphaned(run, seen.parent) ??
    policyDenial(withAgentSandbox(atRealDepth(run, seen.parent), resolution), policiesOf(seen), packs) ??
    subAgentDenial(seen) ??
    invalidHooks(resolution.lifecycle) ??
    sandboxDenial(run, resolution, seen.sandboxesServed) ??
    oversize(run, resolution);
  if (refused !== undefined) return { kind: 'failed', failure: refused };
  const forgetful = missingMemory(build, now);
  if (forgetful !== undefined) return failsLater(forgetful, MEMORY_CHECK_SECONDS);
  if (seen.job !== undefined) return namesake(seen, seen.job);
  if (mayHaveExpired(run, ANNOTATIONS.begun, now)) return { kind: 'failed', failure: RUN_BEFORE };
  const { queue } = seen;
  if (queue === undefined) return { kind: 'begin', actions: objectsOf(build, seen.serviceAccountFound) };
  const limits = limitsOf(instance, policiesOf(seen));
  const turn = turnOf(run.metadata.uid ?? '', limits, queue);
  if (turn.kind === 'wait') return { kind: 'queued', limit: turn.limit, place: turn.place };
  const objects = objectsOf(build, seen.serviceAccountFound);
  const claim = turn.claim ? [claimSlot(run, instance, queue)] : [];
  return { kind: 'begin', actions: [...claim, ...objects, ...wakesAfterStart(run, limits, queue)] };
}

const RUN_BEFORE = failure(
  RUN_REASONS.jobNotFound,
  'job not found',
  'The run began, and minutes later its Job is not there; it is not started again, since it may have run',
);

/** Fails a run once the grace of what it lacks is over, and looks again until then. */
function failsLater({ failure: why, inSeconds }: Missing, seconds: number): Beginning {
  return inSeconds <= 0
    ? { kind: 'failed', failure: why }
    : { kind: 'wait', seconds: Math.min(seconds, inSeconds), why: why.message };
}

/** What the run's objects are built from; undefined without its instance. */
export function buildOf(seen: Resolving, config: RunConfig): RunBuild | undefined {
  const { primary: run, instance, packs, skillSecrets, mcpServers } = seen;
  if (instance === undefined) return undefined;
  const resolution = resolve(run, instance, seen, config);
  const skills = foundSkills(resolution.skills, packs);
  const grants = grantsOf({ run, skills });
  const servers = isServer(run) ? [] : mcpServersOf(instance, mcpServers);
  const known = {
    ...resolution,
    ...(grants.length > 0 && { grants }),
    ...(skillSecrets !== undefined && { skillSecrets }),
    ...(servers.length > 0 && { mcpServers: servers.map(({ name }) => name) }),
  };
  return { run, resolution: known, instance, skills, mcpServers: servers, config };
}

/** Whether an object that has a name of the run's is left from an earlier run of its name, or going. */
export function isGoing(object: KubeObject, run: AgentRun): boolean {
  const owner = controllerOf(object);
  const predecessor = owner?.kind === run.kind && owner.name === run.metadata.name;
  return predecessor || object.metadata.deletionTimestamp !== undefined;
}

/** The name of the run's Job is taken: for good, or by what an earlier run of the same name left behind [RUN-W12]. */
function namesake({ primary }: Starting, job: KubeObject): Beginning {
  if (isGoing(job, primary)) {
    return {
      kind: 'wait',
      seconds: PREDECESSOR_SECONDS,
      why: `The ${job.kind} of an earlier run of this name is going`,
    };
  }
  const error = `${job.kind} "${job.metadata.name}" exists and does not belong to the run`;
  return { kind: 'failed', failure: failure(RUN_REASONS.jobNotOwned, error) };
}

/**
 * What the pod mounts comes before the Job. The input comes last: it stands for "the Job was made", so that a run whose Job
 * is gone before its pod was seen (the Job controller removes ended Jobs after five minutes) is never executed twice.
 */
function objectsOf(build: RunBuild, serviceAccountFound: boolean): Action[] {
  const { run, resolution } = build;
  return [
    ...serviceAccountActions(run, serviceAccountFound),
    ...secretCopies(build),
    ...skillConfigMaps(build).map((object): Action => ({ verb: 'apply', resource: CONFIG_MAPS, object })),
    ...mcpConfigMaps(build).map((object): Action => ({ verb: 'apply', resource: CONFIG_MAPS, object })),
    ...workspaceActions(run, resolution),
    ...grantActions(build),
    ...networkActions(build),
    createWorkload(build),
    applyInput(run, resolution),
  ];
}

export function applyInput(run: AgentRun, resolution: Resolution): Action {
  return { verb: 'apply', resource: CONFIG_MAPS, object: inputConfigMap(run, resolution) };
}

/** Shared by all runs of a namespace, so nobody's: it stays [RUN-011]. */
export function serviceAccountActions({ metadata: { namespace = '' } }: AgentRun, found: boolean): Action[] {
  if (found) return [];
  const labels = { 'app.kubernetes.io/managed-by': 'sympozium' };
  const metadata = { name: AGENT_SERVICE_ACCOUNT, namespace, labels };
  const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  return [{ verb: 'apply', resource: SERVICE_ACCOUNTS, object }];
}
