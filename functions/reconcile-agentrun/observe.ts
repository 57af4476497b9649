import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import type { SkillPack } from '../../crds/skillpack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';
import { firstFound, type ReadObject } from '../../shared/kube/first-found.ts';
import { fitName } from '../../shared/kube/names.ts';
import { isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';
import {
  CLUSTER_ROLES,
  CONFIG_MAPS,
  type Resource,
  ROLES,
  SECRETS,
  SERVICE_ACCOUNTS,
} from '../../shared/kube/resources.ts';
import { selectorOf } from '../../shared/kube/selector.ts';
import { type Job, jobEnd } from '../../shared/pods/job.ts';
import { observeFloor, policiesOf } from '../../shared/policy/floor.ts';
import type { ObjectKey, ObserveContext } from '../../shared/reconcile/reconciler.ts';
import { hasDelegates } from '../../shared/runs/has-delegates.ts';
import type { RunConfig } from './config.ts';
import { childrenAmong } from './ending/children.ts';
import { hasPostRun } from './hooks/hooks.ts';
import { hookJobOf, observePostRun } from './hooks/observe-post-run.ts';
import { mcpServerNames } from './mcp/mcp-servers.ts';
import { AGENT_SERVICE_ACCOUNT, inputConfigMapOf } from './names.ts';
import type { Ending, Executing, Execution, Observed, Resolving, Starting, StrayRole } from './observed.ts';
import { observeExecution } from './outcome/observe-execution.ts';
import { agentEnd, isOverdue, resolutionOf } from './outcome/progress.ts';
import { isServer } from './pod/run-build.ts';
import { agentSandboxOf, servesSandboxes } from './pod/sandbox.ts';
import { workloadOf } from './pod/workload.ts';
import { observeQueue } from './queue/observe-queue.ts';
import { limitsOf, limitsOn, type Queue } from './queue/queue.ts';
import { grantLabels } from './rights/grant-labels.ts';
import { observeServer, observeServing } from './server/observe.ts';
import { observeSkillSecrets } from './skills/skill-secrets.ts';
import { packNames, skillsOf } from './skills/skills.ts';
import { hasFinalizer, stageOf } from './stage.ts';
import { observeLineage } from './start/observe-lineage.ts';

export async function observeAgentRun(key: ObjectKey, context: ObserveContext, config: RunConfig): Promise<Observed> {
  const { kube, signal } = context;
  const primary = await kube.get<AgentRun>(KINDS.AgentRun, key, { signal });
  if (primary === undefined) return { stage: 'gone', primary };
  const stage = stageOf(primary);
  switch (stage) {
    case 'finished':
    case 'elsewhere':
      return { stage, primary };
    case 'ended':
    case 'deleting':
    case 'cancelled':
      return observeEnd(stage, primary, context);
    case 'running':
      return observeRunning(primary, context);
    case 'postRunning':
      return observeHooks(primary, context);
    case 'serving':
      return observeServing(await observeReferences(primary, context, config), context);
    case 'pending':
      return observePending(primary, context, config);
  }
}

async function observeRunning(primary: AgentRun, context: ObserveContext): Promise<Executing> {
  const job = await workloadOf(primary, context);
  const own = ownedBy(primary, job);
  return executing(primary, { own, jobTaken: job !== own, inputFound: true }, context);
}

async function executing(
  primary: AgentRun,
  { own, ...seen }: { own: Job | undefined; jobTaken: boolean; inputFound: boolean },
  context: ObserveContext,
): Promise<Executing> {
  const [execution, hookJob] = await Promise.all([
    observeExecution(primary, own, context),
    hasPostRun(resolutionOf(primary, own)) ? hookJobOf(primary, context) : undefined,
  ]);
  const [queue, children] = await Promise.all([queueBehind(primary, execution, context), childrenOf(primary, context)]);
  return { stage: 'executing', primary, ...seen, hookJob, ...execution, ...queue, ...children };
}

async function observeHooks(primary: AgentRun, context: ObserveContext): Promise<Observed> {
  const job = ownedBy(primary, await workloadOf(primary, context));
  const seen = await observePostRun(primary, job, context);
  return { ...seen, ...(await othersOf(primary, job, context)) };
}

/** Who waits matters once the run may be about to end, which frees its slot. */
async function queueBehind(
  run: AgentRun,
  { job, pod, bus }: Pick<Execution, 'job' | 'pod' | 'bus'>,
  context: ObserveContext,
): Promise<{ queue?: Queue }> {
  const reported = bus.state === 'read' && bus.payload !== undefined;
  const over = job === undefined || jobEnd(job) !== undefined || isOverdue(run, job, context.now);
  return reported || over || agentEnd(pod) !== undefined ? queueOf(run, job, context) : {};
}

async function othersOf(
  run: AgentRun,
  job: Job | undefined,
  context: ObserveContext,
): Promise<{ queue?: Queue; children?: AgentRun[] }> {
  const [queue, children] = await Promise.all([queueOf(run, job, context), childrenOf(run, context)]);
  return { ...queue, ...children };
}

async function childrenOf(run: AgentRun, { kube, signal }: ObserveContext): Promise<{ children?: AgentRun[] }> {
  if (!hasDelegates(run)) return {};
  const { namespace = '', name } = run.metadata;
  const labelSelector = selectorOf({ [LABELS.parentRun]: fitName(name) });
  const { items } = await kube.list<AgentRun>(KINDS.AgentRun, { namespace, labelSelector, signal });
  return { children: childrenAmong(run, items) };
}

async function queueOf(run: AgentRun, job: Job | undefined, context: ObserveContext): Promise<{ queue?: Queue }> {
  const { limits = [] } = resolutionOf(run, job) ?? {};
  return limits.length === 0 ? {} : { queue: await observeQueue(run, context) };
}

/** The finalizer comes before the Job, so a run without one has none of its own; a stranger's is met when the Job is made. */
async function observePending(primary: AgentRun, context: ObserveContext, config: RunConfig): Promise<Observed> {
  if (!hasFinalizer(primary.metadata.finalizers)) return observeStart(primary, undefined, context, config);
  const { kube, signal } = context;
  const { namespace = '', name } = primary.metadata;
  const [job, input] = await Promise.all([
    workloadOf(primary, context),
    kube.get(CONFIG_MAPS, { namespace, name: inputConfigMapOf(name) }, { metadataOnly: true, signal }),
  ]);
  const own = ownedBy(primary, job);
  const inputFound = input !== undefined && isControlledBy(input, primary);
  // The input is written after the Job, so a run with an input has had its Job and never gets a second one.
  if (own !== undefined || inputFound) {
    return executing(primary, { own, jobTaken: job !== own, inputFound }, context);
  }
  return observeStart(primary, job, context, config);
}

async function observeStart(
  primary: AgentRun,
  job: Job | undefined,
  context: ObserveContext,
  config: RunConfig,
): Promise<Starting> {
  const seen = await observeReferences(primary, context, config);
  const { instance } = seen;
  const policies = policiesOf(seen);
  const counted = seen.finishedSiblings !== undefined;
  const limited = counted || (instance !== undefined && limitsOn(primary, limitsOf(instance, policies)).length > 0);
  const queue = limited ? await observeQueue(primary, context) : undefined;
  const sandboxed = instance !== undefined && agentSandboxOf(primary, instance, policies) !== undefined;
  const sandboxesServed = sandboxed && (await servesSandboxes(primary.metadata.namespace ?? '', context));
  // One that begins anew may have some.
  const children = await childrenOf(primary, context);
  return { ...seen, stage: 'starting', job, sandboxesServed, ...(queue !== undefined && { queue }), ...children };
}

async function observeReferences(primary: AgentRun, context: ObserveContext, config: RunConfig): Promise<Resolving> {
  const { kube, traceparent, signal } = context;
  const { namespace = '' } = primary.metadata;
  const exists = async (resource: Resource, name: string): Promise<boolean> =>
    (await kube.get(resource, { namespace, name }, { metadataOnly: true, signal })) !== undefined;
  const { authSecretRef } = primary.spec.model;
  const [instance, floor, secretFound, serviceAccountFound] = await Promise.all([
    kube.get<SympoziumInstance>(KINDS.SympoziumInstance, { namespace, name: primary.spec.instanceRef }, { signal }),
    observeFloor(namespace, config, (resource, at) => kube.get(resource, at, { signal })),
    authSecretRef !== '' && exists(SECRETS, authSecretRef),
    exists(SERVICE_ACCOUNTS, AGENT_SERVICE_ACCOUNT),
  ]);
  const policyRef = instance?.spec.policyRef ?? '';
  const personaPackName = instance?.metadata.labels?.[LABELS.personaPack] ?? '';
  const [lineage, policy, personaPack, packs, mcpServers] = await Promise.all([
    observeLineage(primary, instance, context),
    policyRef === '' ? undefined : boundPolicy(policyRef, primary, context, config),
    personaPackName === ''
      ? undefined
      : kube.get<PersonaPack>(KINDS.PersonaPack, { namespace, name: personaPackName }, { signal }),
    instance === undefined ? {} : packsOf(primary, instance, context, config),
    // A server has no agent that would use tools.
    instance === undefined || isServer(primary) ? {} : mcpServersIn(primary, instance, context, config),
  ]);
  // What serves mounts none.
  const skillSecrets = isServer(primary) ? [] : await observeSkillSecrets(primary, packs, context);
  return {
    primary,
    ...(traceparent !== undefined && { traceparent }),
    instance,
    policy,
    ...(floor !== undefined && { floor }),
    ...lineage,
    ...(personaPack !== undefined && { personaPack }),
    secretFound,
    serviceAccountFound,
    packs,
    ...(skillSecrets.length > 0 && { skillSecrets }),
    mcpServers,
  };
}

/** The policy from the run's namespace or else the system's, where the built-in ones are [CTL-WA7]. */
async function boundPolicy(policyRef: string, run: AgentRun, context: ObserveContext, config: RunConfig) {
  const found = await sharedObjects<SympoziumPolicy>(KINDS.SympoziumPolicy, [policyRef], run, context, config);
  return found[policyRef];
}

/** Each pack from the run's namespace or else the system's [AgentRun spec, 3.6]. */
function packsOf(run: AgentRun, instance: SympoziumInstance, context: ObserveContext, config: RunConfig) {
  return sharedObjects<SkillPack>(KINDS.SkillPack, packNames(skillsOf(run, instance)), run, context, config);
}

/** The same for MCPServers [AgentRun spec, 3.7]. */
function mcpServersIn(run: AgentRun, instance: SympoziumInstance, context: ObserveContext, config: RunConfig) {
  return sharedObjects<McpServer>(KINDS.MCPServer, mcpServerNames(instance), run, context, config);
}

/** Those of the named objects that exist, by name; the run's own namespace comes before the system's. */
async function sharedObjects<T extends KubeObject>(
  resource: Resource,
  names: readonly string[],
  run: AgentRun,
  { kube, signal }: ObserveContext,
  config: RunConfig,
): Promise<Record<string, T>> {
  const namespaces = [run.metadata.namespace ?? '', config.SYMPOZIUM_SYSTEM_NAMESPACE];
  const read: ReadObject = (kind, at) => kube.get(kind, at, { signal });
  const found = await Promise.all(
    names.map(async (name) => {
      const object = await firstFound<T>(read, resource, name, namespaces);
      return object === undefined ? [] : [[name, object] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

async function observeEnd(stage: Ending['stage'], primary: AgentRun, context: ObserveContext): Promise<Observed> {
  const { spec, status } = primary;
  // The Job of the hooks is made before the status says so.
  const hooked =
    status?.postRunJobName !== undefined || (stage === 'cancelled' && hasPostRun(status?.resolution ?? spec));
  const [job, hooks, server] = await Promise.all([
    isServer(primary) ? undefined : workloadOf(primary, context),
    hooked ? hookJobOf(primary, context) : undefined,
    isServer(primary) ? observeServer(primary, context) : undefined,
  ]);
  const own = ownedBy(primary, job);
  const known = resolutionOf(primary, own) !== undefined;
  return {
    stage,
    primary,
    job: own,
    hookJob: ownedBy(primary, hooks),
    ...(server !== undefined && { server }),
    strayRoles: known ? [] : await strayRoles(primary, context),
    ...(await othersOf(primary, own, context)),
  };
}

/** Roles of a run whose resolution was not stored anywhere: it was deleted or cancelled while it began. */
async function strayRoles(run: AgentRun, { kube, signal }: ObserveContext): Promise<StrayRole[]> {
  const { namespace = '' } = run.metadata;
  const labelSelector = selectorOf(grantLabels(run));
  const [inCluster, inNamespace] = await Promise.all([
    kube.page(CLUSTER_ROLES, { labelSelector, metadataOnly: true, signal }),
    kube.page(ROLES, { namespace, labelSelector, metadataOnly: true, signal }),
  ]);
  return [
    ...inCluster.items.map(({ metadata: { name } }) => ({ name })),
    ...inNamespace.items.map(({ metadata: { name } }) => ({ name, namespace })),
  ];
}

const ownedBy = (run: AgentRun, job: Job | undefined): Job | undefined =>
  job !== undefined && isControlledBy(job, run) ? job : undefined;
