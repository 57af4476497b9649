import { createHash } from 'node:crypto';
import { CONDITIONS, TOOL_REASONS } from '../../crds/conditions.ts';
import { ANNOTATIONS } from '../../crds/labels.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import type { ConditionClaim } from '../../shared/kube/conditions.ts';
import { fitName } from '../../shared/kube/names.ts';
import { JOBS, refOf } from '../../shared/kube/resources.ts';
import { type Job, jobEnd } from '../../shared/pods/job.ts';
import type { ToolReport } from '../../shared/pods/tool-report.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import type { McpServerConfig } from './config.ts';
import { serverDeployment } from './deployment.ts';
import { discoveryJob } from './discovery-job.ts';
import { serviceUrl } from './network.ts';
import type { Existing, Standing } from './observed.ts';
import { isExternal, problemsOf } from './problems.ts';
import { isRolledOut } from './workload.ts';

/** Seconds after which a server that did not answer is asked again. */
const RETRY_SECONDS = 300;
/** Longest name of a Job whose pods have it in a label, less the hash. */
const NAME_MAX = 50;
const ERROR_MAX = 1000;

/** What is to be asked for its tools: the same server in the same shape has the same hash, and is asked once. */
export interface Target {
  hash: string;
  /** Name of the Job that asks. */
  job: string;
  /** Configuration of its bridge, as JSON. */
  file: string;
  /** A deployed server is asked when its pods are those of its spec. */
  answering: boolean;
}

export interface DiscoveryPlan {
  actions: Action[];
  claim: ConditionClaim;
  /** Registered names; absent while nothing new is known of them. */
  tools?: string[];
  hash?: string;
  requeueAfterSeconds?: number;
}

/** None for a server that cannot be. */
export function targetOf(seen: Existing, config: McpServerConfig): Target | undefined {
  const { primary, deployment } = seen;
  if (problemsOf(seen).length > 0) return undefined;
  const { name } = primary.metadata;
  const { url = '', toolsPrefix, timeout, toolsAllow = [], toolsDeny = [] } = primary.spec;
  const external = isExternal(primary);
  const server = { name, url: external ? url : serviceUrl(primary), toolsPrefix, timeout, toolsAllow, toolsDeny };
  const file = JSON.stringify({ servers: [server] });
  const desired = external ? undefined : serverDeployment(seen, config);
  const mark = desired?.metadata.annotations?.[ANNOTATIONS.applied];
  const hash = createHash('sha256')
    .update(JSON.stringify([file, mark]))
    .digest('hex')
    .slice(0, 10);
  return {
    hash,
    job: `${fitName(`${name}-tools`, NAME_MAX)}-${hash}`,
    file,
    answering: desired === undefined || isRolledOut(deployment, desired),
  };
}

/** True when asking again would bring nothing new. */
export function isDiscovered(server: McpServer, { hash }: Target): boolean {
  const stored = storedClaim(server);
  return (
    server.status?.discovery === hash &&
    (stored?.status === 'True' || stored?.reason === TOOL_REASONS.credentialsNeeded)
  );
}

const storedClaim = ({ status }: McpServer) =>
  status?.conditions?.find(({ type }) => type === CONDITIONS.toolsDiscovered);

/** Asks once for each shape of a server, by a Job that goes when its answer is stored. */
export function planDiscovery(seen: Standing, target: Target, now: Date, config: McpServerConfig): DiscoveryPlan {
  const { primary, jobs, report } = seen;
  const job = jobs.find(({ metadata }) => metadata.name === target.job);
  const others = jobs.filter((one) => one !== job).map(removal);
  if (isDiscovered(primary, target)) {
    return { actions: jobs.map(removal), claim: kept(primary, target), hash: target.hash };
  }
  if (job === undefined) {
    const actions = target.answering ? [creation(primary, target, config)] : [];
    return { actions: [...others, ...actions], claim: kept(primary, target), ...hashOf(primary, target) };
  }
  if (jobEnd(job) === undefined) {
    return { actions: others, claim: kept(primary, target), ...hashOf(primary, target) };
  }
  const result = resultOf(job, report);
  const { hash } = target;
  if (result.final) return { actions: jobs.map(removal), hash, ...result };
  const left = RETRY_SECONDS - (now.getTime() - Date.parse(job.metadata.creationTimestamp ?? '')) / 1000;
  if (left > 0) return { actions: others, hash, ...result, requeueAfterSeconds: Math.ceil(left) };
  // One whose pods are away is asked when they are back, which is an event.
  if (!target.answering) return { actions: others, hash, ...result };
  return { actions: [...jobs.map(removal), creation(primary, target, config)], hash, ...result };
}

/** The Job that asks could not be made. */
export const refusedDiscovery = ({ hash }: Target, why: string): DiscoveryPlan => ({
  actions: [],
  ...claimed('False', TOOL_REASONS.discoveryFailed, why),
  hash,
});

const hashOf = ({ status }: McpServer, { hash }: Target) => (status?.discovery === hash ? { hash } : {});

const creation = (server: McpServer, target: Target, config: McpServerConfig): Action => ({
  verb: 'create',
  resource: JOBS,
  object: discoveryJob(server, target, config),
});

const removal = (job: Job): Action => ({ verb: 'delete', target: refOf(JOBS, job), propagation: 'Background' });

const claimed = (status: ConditionClaim['status'], reason: string, message: string): { claim: ConditionClaim } => ({
  claim: { type: CONDITIONS.toolsDiscovered, status, reason, message: message.slice(0, ERROR_MAX) },
});

/** What was found of the same shape stands until something else is. */
function kept(server: McpServer, { hash }: Target): ConditionClaim {
  const stored = storedClaim(server);
  if (stored !== undefined && server.status?.discovery === hash) {
    const { status, reason, message } = stored;
    return claimed(status, reason, message).claim;
  }
  return claimed('Unknown', TOOL_REASONS.pending, 'The server was not asked for its tools yet').claim;
}

interface Result {
  claim: ConditionClaim;
  tools?: string[];
  final: boolean;
}

function resultOf(job: Job, report: ToolReport | undefined): Result {
  if (report === undefined) {
    const { message = '' } = jobEnd(job) ?? {};
    const why = `Job "${job.metadata.name}" ended without the tools${message && `: ${message}`}`;
    return { ...claimed('False', TOOL_REASONS.discoveryFailed, why), final: false };
  }
  const [failure] = report.failures;
  if (failure === undefined) {
    const { tools } = report;
    return { ...claimed('True', TOOL_REASONS.discovered, '`tools` lists what runs are offered'), tools, final: true };
  }
  if (failure.status === 401 || failure.status === 403) {
    const why = 'The server wants a token, which only the runs of an instance with `authSecret` have';
    return { ...claimed('False', TOOL_REASONS.credentialsNeeded, why), tools: [], final: true };
  }
  return { ...claimed('False', TOOL_REASONS.noAnswer, failure.error), final: false };
}
