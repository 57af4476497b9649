import { KINDS } from '../../crds/group.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import { isDnsSubdomain } from '../../shared/kube/names.ts';
import { isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';
import {
  DEPLOYMENTS,
  JOBS,
  NETWORK_POLICIES,
  PODS,
  type Resource,
  SECRETS,
  SERVICES,
} from '../../shared/kube/resources.ts';
import { selectorOf } from '../../shared/kube/selector.ts';
import { isNotFound } from '../../shared/kube/status-error.ts';
import { type Job, jobEnd } from '../../shared/pods/job.ts';
import type { Pod } from '../../shared/pods/pod.ts';
import { type ToolReport, toolReportIn } from '../../shared/pods/tool-report.ts';
import { troubleOf } from '../../shared/pods/trouble.ts';
import type { ObjectKey, ObserveContext } from '../../shared/reconcile/reconciler.ts';
import type { McpServerConfig } from './config.ts';
import { isDiscovered, targetOf } from './discovery.ts';
import { DISCOVERY_CONTAINER } from './discovery-job.ts';
import { discoveryLabels, serverLabels } from './labels.ts';
import type { Deployment, Existing, Observed } from './observed.ts';

/** A report is one line; a server may offer thousands of tools. */
const LOG_TAIL = { tailLines: 50, limitBytes: 1024 * 1024 };

/** Five reads and one for each Secret; one more while no replica is ready, two more when the tools were asked for. */
export async function observeMcpServer(
  key: ObjectKey,
  context: ObserveContext,
  config: McpServerConfig,
): Promise<Observed> {
  const { kube, signal } = context;
  const primary = await kube.get<McpServer>(KINDS.MCPServer, key, { signal });
  if (primary === undefined) return { stage: 'gone', primary };
  const existing = await observeExisting(primary, context);
  const [waiting, report] = await Promise.all([
    troubleOf(existing.deployment, selectorOf(serverLabels(primary.metadata.name)), context),
    reportOf(existing, context, config),
  ]);
  return {
    stage: 'standing',
    ...existing,
    ...(waiting !== undefined && { waiting }),
    ...(report !== undefined && { report }),
  };
}

async function observeExisting(primary: McpServer, { kube, signal }: ObserveContext): Promise<Existing> {
  const { namespace = '', name } = primary.metadata;
  const named = <T extends KubeObject>(resource: Resource) => kube.get<T>(resource, { namespace, name }, { signal });
  const labelSelector = selectorOf(discoveryLabels(name));
  const [deployment, service, networkPolicy, jobs, secrets] = await Promise.all([
    named<Deployment>(DEPLOYMENTS),
    named(SERVICES),
    named(NETWORK_POLICIES),
    kube.list<Job>(JOBS, { namespace, labelSelector, signal }),
    secretVersions(primary, { kube, signal }),
  ]);
  const own = jobs.items.filter((job) => isControlledBy(job, primary));
  return { primary, deployment, service, networkPolicy, secrets, jobs: own };
}

/** Only metadata is asked for: a version tells that something changed, not what. */
async function secretVersions(
  { metadata, spec }: McpServer,
  { kube, signal }: Pick<ObserveContext, 'kube' | 'signal'>,
): Promise<Record<string, string>> {
  const { namespace = '' } = metadata;
  const names = new Set((spec.deployment?.secretRefs ?? []).map(({ name }) => name).filter(isDnsSubdomain));
  const found = await Promise.all(
    [...names].map(async (name) => {
      const secret = await kube.get(SECRETS, { namespace, name }, { metadataOnly: true, signal });
      return secret === undefined ? [] : [[name, `${secret.metadata.uid}/${secret.metadata.resourceVersion}`] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

/** The log is read once the Job that asked what is there now has ended, until the answer is stored. */
async function reportOf(
  existing: Existing,
  { kube, signal }: ObserveContext,
  config: McpServerConfig,
): Promise<ToolReport | undefined> {
  const target = targetOf(existing, config);
  if (target === undefined || isDiscovered(existing.primary, target)) return undefined;
  const job = existing.jobs.find(({ metadata }) => metadata.name === target.job);
  if (job === undefined || jobEnd(job) === undefined) return undefined;
  const { namespace = '', name } = existing.primary.metadata;
  const labelSelector = selectorOf(discoveryLabels(name));
  const { items } = await kube.list<Pod>(PODS, { namespace, labelSelector, signal });
  const pod = items.find((one) => isControlledBy(one, job));
  if (pod === undefined) return undefined;
  try {
    const at = { namespace, name: pod.metadata.name };
    return toolReportIn(await kube.logs(at, { container: DISCOVERY_CONTAINER, ...LOG_TAIL, signal }));
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw thrown;
  }
}
