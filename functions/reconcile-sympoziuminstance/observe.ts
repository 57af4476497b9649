import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { COMPONENTS, FINALIZERS, LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { firstFound, type ReadObject } from '../../shared/kube/first-found.ts';
import { fitName } from '../../shared/kube/names.ts';
import { isControlledBy } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS, DEPLOYMENTS, refOf } from '../../shared/kube/resources.ts';
import type { ObjectKey, ObserveContext } from '../../shared/reconcile/reconciler.ts';
import type { Deployment } from './channel-deployment.ts';
import { channelsOf } from './channels.ts';
import type { InstanceConfig } from './config.ts';
import { channelDeploymentOf, memoryConfigMapOf, webEndpointRunOf } from './names.ts';
import type { Deleting, Observed, Standing } from './observed.ts';
import { lookupsOf } from './references.ts';
import { webEndpointSkill } from './web-endpoint.ts';

/** Three reads, one more each with a memory and with a web endpoint, and one for each thing that the instance refers to. */
export async function observeInstance(
  key: ObjectKey,
  context: ObserveContext,
  config: InstanceConfig,
): Promise<Observed> {
  const { kube, signal } = context;
  const primary = await kube.get<SympoziumInstance>(KINDS.SympoziumInstance, key, { signal });
  if (primary === undefined) return { stage: 'gone', primary };
  return primary.metadata.deletionTimestamp === undefined
    ? observeStanding(primary, context, config)
    : observeDeleting(primary, context);
}

async function observeStanding(
  primary: SympoziumInstance,
  context: ObserveContext,
  config: InstanceConfig,
): Promise<Standing> {
  const { kube, signal } = context;
  const { namespace = '', name } = primary.metadata;
  const memory = { namespace, name: memoryConfigMapOf(name) };
  const web = { namespace, name: webEndpointRunOf(name) };
  // The finalizer comes before everything that is made for an instance.
  const isNew = primary.metadata.finalizers?.includes(FINALIZERS.sympoziumInstance) !== true;
  const [deployments, found, memoryFound, webRun, runs] = await Promise.all([
    isNew ? [] : ownDeployments(primary, context, COMPONENTS.channel),
    findReferences(primary, context, config),
    primary.spec.memory?.enabled === true && kube.get(CONFIG_MAPS, memory, { metadataOnly: true, signal }),
    webEndpointSkill(primary) && kube.get<AgentRun>(KINDS.AgentRun, web, { signal }),
    unfinishedRuns(primary, context),
  ]);
  return {
    stage: 'standing',
    primary,
    deployments,
    taken: await takenNames(primary, deployments, context),
    found,
    memoryFound: memoryFound !== false && memoryFound !== undefined,
    // One that is no longer asked for is looked for among the runs that go on: only such a run must be ended.
    webRun: webRun ?? runs.find(({ metadata }) => metadata.name === web.name),
    phases: runs.flatMap(({ status }) => status?.phase ?? []),
  };
}

async function ownDeployments(
  instance: SympoziumInstance,
  { kube, signal }: ObserveContext,
  component?: string,
): Promise<Deployment[]> {
  const { namespace = '', name } = instance.metadata;
  const labels = [`${LABELS.instance}=${fitName(name)}`, ...(component ? [`${LABELS.component}=${component}`] : [])];
  const { items } = await kube.list<Deployment>(DEPLOYMENTS, { namespace, labelSelector: labels.join(), signal });
  return items.filter((one) => isControlledBy(one, instance));
}

/** Before a Deployment is made, its name is looked up: an apply would take over whatever has it. */
async function takenNames(
  instance: SympoziumInstance,
  deployments: readonly Deployment[],
  { kube, signal }: ObserveContext,
): Promise<string[]> {
  const { namespace = '', name } = instance.metadata;
  const has = new Set(deployments.map(({ metadata }) => metadata.name));
  const wanted = channelsOf(instance)
    .filter((channel) => !('problem' in channel))
    .map(({ type }) => channelDeploymentOf(name, type))
    .filter((one) => !has.has(one));
  const existing = await Promise.all(
    wanted.map((one) => kube.get(DEPLOYMENTS, { namespace, name: one }, { metadataOnly: true, signal })),
  );
  return existing.flatMap((one) => (one === undefined || isControlledBy(one, instance) ? [] : [one.metadata.name]));
}

/** Only metadata is asked for: whether a thing exists, never what it holds. */
async function findReferences(
  instance: SympoziumInstance,
  { kube, signal }: ObserveContext,
  config: InstanceConfig,
): Promise<string[]> {
  const { namespace = '' } = instance.metadata;
  const read: ReadObject = (resource, at) => kube.get(resource, at, { metadataOnly: true, signal });
  const found = await Promise.all(
    lookupsOf(instance).map(async ({ key, resource, name, shared }) => {
      const namespaces = shared ? [namespace, config.SYMPOZIUM_SYSTEM_NAMESPACE] : [namespace];
      return (await firstFound(read, resource, name, namespaces)) === undefined ? [] : [key];
    }),
  );
  return found.flat();
}

/** Runs under way are few, whatever the history: those that ended carry a label and are left out by the server. */
async function unfinishedRuns(instance: SympoziumInstance, { kube, signal }: ObserveContext): Promise<AgentRun[]> {
  const { namespace = '', name } = instance.metadata;
  const labelSelector = `${LABELS.instance}=${fitName(name)},!${LABELS.finished}`;
  const { items } = await kube.list<AgentRun>(KINDS.AgentRun, { namespace, labelSelector, signal });
  return items.filter(({ spec }) => spec.instanceRef === name);
}

/** What is owned goes by itself; what is not, or must stop at once, is named: nothing is left behind [CTL-WI7]. */
async function observeDeleting(primary: SympoziumInstance, context: ObserveContext): Promise<Deleting> {
  const { kube, signal } = context;
  const { namespace = '', name } = primary.metadata;
  const labelSelector = `${LABELS.instance}=${fitName(name)},${LABELS.source}=agent`;
  const [deployments, runs, schedules, memory] = await Promise.all([
    ownDeployments(primary, context),
    unfinishedRuns(primary, context),
    kube.list<SympoziumSchedule>(KINDS.SympoziumSchedule, { namespace, labelSelector, signal }),
    kube.get(CONFIG_MAPS, { namespace, name: memoryConfigMapOf(name) }, { metadataOnly: true, signal }),
  ]);
  const own = memory !== undefined && isControlledBy(memory, primary) ? [memory] : [];
  return {
    stage: 'deleting',
    primary,
    left: [
      ...deployments.map((one) => refOf(DEPLOYMENTS, one)),
      ...own.map((one) => refOf(CONFIG_MAPS, one)),
      ...schedules.items
        .filter(({ spec }) => spec.instanceRef === name)
        .map((one) => refOf(KINDS.SympoziumSchedule, one)),
      ...runs
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map((one) => refOf(KINDS.AgentRun, one)),
    ],
  };
}
