import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { fitName } from '../../shared/kube/names.ts';
import type { RoutedMessage } from '../../shared/reconcile/function.ts';
import type { ObserveContext } from '../../shared/reconcile/reconciler.ts';
import type { ScheduleRouteConfig } from './config.ts';
import type { Observed } from './observed.ts';
import { ClaimSchema, parseRequest } from './request.ts';
import { scheduleNameOf } from './schedule.ts';
import { askerOf } from './subject.ts';

/** Three reads, and a list of what agents have made when one more is asked for. */
export async function observeRequest(
  { subject, sequence, message }: RoutedMessage,
  context: ObserveContext,
  config: ScheduleRouteConfig,
): Promise<Observed> {
  const request = parseRequest(message);
  const asker = askerOf(subject);
  const known = { sequence, request, ...(asker !== undefined && { asker }) };
  const from = asker === undefined ? await claimed(message, context, config) : await proven(asker, context);
  const { instance, run } = from;
  if (instance === undefined || 'problem' in request) {
    return { ...known, primary: instance, run, schedule: undefined, made: 0 };
  }
  const { namespace = '' } = instance.metadata;
  const at = { namespace, name: scheduleNameOf(instance, request.name) };
  const schedule = await context.kube.get<SympoziumSchedule>(KINDS.SympoziumSchedule, at, { signal: context.signal });
  const made = request.action === 'create' && schedule === undefined ? await madeByAgents(instance, context) : 0;
  return { ...known, primary: instance, run, schedule, made };
}

interface From {
  instance: SympoziumInstance | undefined;
  run: AgentRun | undefined;
}

/** A run of the same name is another one when its UID is. */
async function proven(asker: NonNullable<Observed['asker']>, { kube, signal }: ObserveContext): Promise<From> {
  const { namespace, name, uid } = asker;
  const run = await kube.get<AgentRun>(KINDS.AgentRun, { namespace, name }, { signal });
  if (run?.metadata.uid !== uid) return { instance: undefined, run: undefined };
  const at = { namespace, name: run.spec.instanceRef };
  return { run, instance: await kube.get<SympoziumInstance>(KINDS.SympoziumInstance, at, { signal }) };
}

/** An instance name is taken only where one namespace has it, and never stands for another [CTL-WT3] [CTL-WR6]. */
async function claimed(message: unknown, { kube, signal }: ObserveContext, config: ScheduleRouteConfig): Promise<From> {
  const nobody = { instance: undefined, run: undefined };
  const metadata = typeof message === 'object' && message !== null && 'metadata' in message ? message.metadata : {};
  const claim = ClaimSchema.safeParse(metadata);
  if (!claim.success || !config.sharedSubjects) return nobody;
  const { instanceName, agentRunID = '', namespace } = claim.data;
  const fieldSelector = `metadata.name=${instanceName}`;
  const scope = namespace === undefined ? {} : { namespace };
  const { items } = await kube.list<SympoziumInstance>(KINDS.SympoziumInstance, { ...scope, fieldSelector, signal });
  const [instance] = items;
  if (instance === undefined || items.length > 1) return nobody;
  const at = { namespace: instance.metadata.namespace ?? '', name: agentRunID };
  const run = agentRunID === '' ? undefined : await kube.get<AgentRun>(KINDS.AgentRun, at, { signal });
  return { instance, run };
}

async function madeByAgents({ metadata }: SympoziumInstance, { kube, signal }: ObserveContext): Promise<number> {
  const { namespace = '', name } = metadata;
  const labelSelector = `${LABELS.instance}=${fitName(name)},${LABELS.source}=agent`;
  const { items } = await kube.list(KINDS.SympoziumSchedule, { namespace, labelSelector, metadataOnly: true, signal });
  return items.length;
}
