/** A run in server mode: Pending → Serving, until it is deleted, cancelled, or its Deployment is taken away. Pure. */
import type { AgentRun } from '../../../crds/agentrun.ts';
import { AGENT_RUN_PHASES, RUN_REASONS } from '../../../crds/conditions.ts';
import { isApplied, isSame } from '../../../shared/kube/applied.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import { DEPLOYMENTS, HTTP_ROUTES, refOf, SECRETS, SERVICES } from '../../../shared/kube/resources.ts';
import { policiesOf } from '../../../shared/policy/floor.ts';
import type { Action, Plan } from '../../../shared/reconcile/plan.ts';
import type { Refusal } from '../../../shared/reconcile/reconciler.ts';
import type { RunConfig } from '../config.ts';
import { failBegun } from '../ending/terminal.ts';
import { type Failure, failure } from '../failure.ts';
import type { Serving } from '../observed.ts';
import { networkActions } from '../pod/network-policy.ts';
import type { RunBuild, SidecarSkill } from '../pod/run-build.ts';
import { NO_SERVER_IN_SANDBOX } from '../pod/sandbox.ts';
import { grantActions } from '../rights/grants.ts';
import { failedStatus, servingStatus } from '../run-status.ts';
import { packNames } from '../skills/skills.ts';
import { agedGrace, type Missing, missingReference, policyDenial } from '../start/admission.ts';
import { claim } from '../start/claim.ts';
import { atRealDepth, subAgentDenial } from '../start/lineage.ts';
import { refusedFailure } from '../start/refusal.ts';
import { oversize } from '../start/resolve.ts';
import { buildOf, isGoing, PREDECESSOR_SECONDS, serviceAccountActions } from '../start/start.ts';
import { joined } from '../trace.ts';
import { apiKeySecret, apiKeySecretOf } from './api-key.ts';
import { serverDeployment } from './deployment.ts';
import { isOwn, type ServerObjects } from './objects.ts';
import { type Reach, reachOf } from './route.ts';
import { serverService } from './service.ts';
import { servingSkill } from './sidecar.ts';

/** Packs, Secrets and the gateway are in no watch of runs. */
const RECHECK_SECONDS = 60;
/** A refused server is cleared away by the next pass, which sees what was made of it. */
const CLEAR_SECONDS = 1;

const NOTHING_SERVES = failure(
  RUN_REASONS.invalidSpec,
  'no sidecar with requiresServer=true found',
  'The run is to serve, and none of its skills has a sidecar with `requiresServer: true`',
);
const TAKEN_AWAY = failure(RUN_REASONS.serverNotFound, 'server Deployment not found');

export function planServing(observed: Serving, now: Date, config: RunConfig): Plan {
  const seen = joined(observed);
  const isServing = seen.primary.status?.phase === AGENT_RUN_PHASES.serving;
  return isServing ? keepUp(seen, now, config) : start(seen, now, config);
}

/** The outcome is stored; what was made before the refusal is seen, and removed, by the pass that tells it. */
export function planRefusedServing({ primary: run }: Serving, refusal: Refusal, now: Date): Plan | undefined {
  const why = refusedFailure(refusal);
  if (why === undefined) return undefined;
  const status = failedStatus(run, run.status ?? {}, why, now);
  return { actions: [{ verb: 'applyStatus', status }], reason: why.message, requeueAfterSeconds: CLEAR_SECONDS };
}

function start(seen: Serving, now: Date, config: RunConfig): Plan {
  const { primary: run } = seen;
  const build = buildOf(seen, config);
  const skill = build === undefined ? undefined : servingSkill(build);
  const missing = missingReference(seen, now) ?? missingPart(seen, build, skill, now);
  if (missing !== undefined && missing.inSeconds > 0) {
    return { actions: claim(run), reason: missing.failure.message, requeueAfterSeconds: missing.inSeconds };
  }
  if (missing !== undefined) return fail(seen, missing.failure, now);
  if (build === undefined || skill === undefined) return fail(seen, NOTHING_SERVES, now);
  const { resolution, skills } = build;
  const packs = skills.map(({ pack }) => pack);
  const refused =
    (run.spec.agentSandbox?.enabled === true ? NO_SERVER_IN_SANDBOX : undefined) ??
    policyDenial(atRealDepth(run, seen.parent), policiesOf(seen), packs) ??
    subAgentDenial(seen) ??
    oversize(run, resolution);
  if (refused !== undefined) return fail(seen, refused, now);
  const stranger = strangerAmong(run, seen.server);
  if (stranger !== undefined && isGoing(stranger, run)) {
    const reason = `The ${stranger.kind} of an earlier run of this name is going`;
    return { actions: claim(run), reason, requeueAfterSeconds: PREDECESSOR_SECONDS };
  }
  if (stranger !== undefined) return fail(seen, nameTaken(stranger), now);
  const reach = reachOf(build, skill, seen.gateway);
  const status = servingStatus(run, { ...run.status, resolution }, saying(seen, reach), now);
  return {
    actions: [
      ...claim(run),
      ...serviceAccountActions(run, seen.serviceAccountFound),
      ...grantActions(build),
      ...networkActions(build, skill),
      ...apiKeyActions(seen, skill),
      // A Service is refused more easily, since its name must be a label.
      ...serverActions(seen, build, skill, reach),
      { verb: 'applyStatus', status },
    ],
    reason: 'The server is made',
    requeueAfterSeconds: RECHECK_SECONDS,
  };
}

/** What the run's server is made from may be applied together with the run, and come a little later. */
function missingPart(
  { primary: run, instance, packs, apiKey }: Serving,
  build: RunBuild | undefined,
  skill: SidecarSkill | undefined,
  now: Date,
): Missing | undefined {
  if (build === undefined || instance === undefined) return undefined;
  if (skill === undefined) {
    const absent = packNames(build.resolution.skills).some((name) => packs[name] === undefined);
    return absent ? { failure: NOTHING_SERVES, inSeconds: agedGrace(run, now) } : undefined;
  }
  const secret = apiKeySecretOf(instance.metadata.name, skill.params);
  if (!secret.given || apiKey.found) return undefined;
  const why = failure(RUN_REASONS.secretNotFound, `Secret "${secret.name}" of the parameter auth_secret_ref not found`);
  return { failure: why, inSeconds: agedGrace(run, now) };
}

function strangerAmong(run: AgentRun, { deployment, service, route }: ServerObjects): KubeObject | undefined {
  return [deployment, service, route].find((object) => object !== undefined && !isOwn(run, object));
}

const nameTaken = ({ kind, metadata }: KubeObject): Failure =>
  failure(RUN_REASONS.serverNotOwned, `${kind} "${metadata.name}" exists and does not belong to the run`);

/** What others changed or removed is put right, and what its pack became since, it becomes too [RUN-W40]. */
function keepUp(seen: Serving, now: Date, config: RunConfig): Plan {
  const { primary: run, server, instance } = seen;
  const { deployment } = server;
  if (!isOwn(run, deployment) || deployment.metadata.deletionTimestamp !== undefined)
    return fail(seen, TAKEN_AWAY, now);
  const live = instance === undefined ? undefined : buildOf(seen, config);
  const skill = live === undefined ? undefined : servingSkill(live);
  const waits = { requeueAfterSeconds: RECHECK_SECONDS };
  if (live === undefined || skill === undefined) {
    // What is there goes on serving without what it was made from.
    return { actions: claim(run), reason: 'The instance or the pack of the server is gone', ...waits };
  }
  // Rights, and whatever else was decided at the start, stay as they were.
  const build = { ...live, resolution: run.status?.resolution ?? live.resolution };
  const reach = reachOf(build, skill, seen.gateway);
  const { status = {} } = run;
  const next = servingStatus(run, status, saying(seen, reach), now);
  return {
    actions: [
      ...claim(run),
      ...apiKeyActions(seen, skill),
      ...serverActions(seen, build, skill, reach),
      ...(isSame(status, next) ? [] : [{ verb: 'applyStatus', status: next } as const]),
    ],
    reason: next.conditions?.[0]?.message ?? '',
    ...waits,
  };
}

/** Only a Secret that is missing is made: the first key stays, whoever made it [RUN-107]. */
function apiKeyActions({ instance, apiKey }: Serving, { params }: SidecarSkill): Action[] {
  if (apiKey.found || instance === undefined || apiKeySecretOf(instance.metadata.name, params).given) return [];
  return [{ verb: 'replace', resource: SECRETS, object: apiKeySecret(instance, apiKey.fresh) }];
}

function serverActions(
  { primary: run, server }: Serving,
  build: RunBuild,
  skill: SidecarSkill,
  reach: Reach,
): Action[] {
  return [
    ...kept(SERVICES, server.service, serverService(build, skill)),
    ...kept(DEPLOYMENTS, server.deployment, serverDeployment(build, skill)),
    ...routeActions(run, server.route, reach),
  ];
}

function kept(resource: typeof SERVICES, existing: KubeObject | undefined, object: KubeObject): Action[] {
  return existing !== undefined && isApplied(existing, object) ? [] : [{ verb: 'apply', resource, object }];
}

/** One that is there stays while the gateway is not ready. */
function routeActions(run: AgentRun, existing: KubeObject | undefined, reach: Reach): Action[] {
  if (reach?.kind === 'notReady') return [];
  if (reach !== undefined) {
    if (existing === undefined) return [{ verb: 'create', resource: HTTP_ROUTES, object: reach.route }];
    return isOwn(run, existing) ? kept(HTTP_ROUTES, existing, reach.route) : [];
  }
  return isOwn(run, existing)
    ? [{ verb: 'delete', target: refOf(HTTP_ROUTES, existing), propagation: 'Background' }]
    : [];
}

/** What the condition says of a server that is up, or is to be. */
function saying({ server, trouble }: Serving, reach: Reach): { reason: string; message: string } {
  const isReady = (server.deployment?.status?.readyReplicas ?? 0) > 0;
  if (!isReady) {
    const reason = trouble?.includes('CrashLoopBackOff') === true ? RUN_REASONS.crashLoop : RUN_REASONS.serverNotReady;
    return { reason, message: `The server has no ready pod${trouble === undefined ? ' yet' : `: ${trouble}`}` };
  }
  if (reach === undefined) return { reason: RUN_REASONS.serving, message: 'The server takes requests in the cluster' };
  if (reach.kind === 'route')
    return { reason: RUN_REASONS.serving, message: `The server takes requests at ${reach.host}` };
  const message = `The server takes requests in the cluster, and at ${reach.host} once the gateway is ready`;
  return { reason: RUN_REASONS.gatewayNotReady, message };
}

function fail({ primary: run, server }: Serving, why: Failure, now: Date): Plan {
  const plan = failBegun(run, failedStatus(run, run.status ?? {}, why, now), { server }, why.message);
  return { ...plan, actions: [...claim(run), ...plan.actions] };
}
