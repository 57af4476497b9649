import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { AppError } from '../../shared/errors.ts';
import { KubeStatusError } from '../../shared/kube/status-error.ts';
import type { RouteContext, RoutedMessage } from '../../shared/route/app.ts';
import { delegateReply } from '../../shared/runs/delegation.ts';
import { observeRequest } from './observe.ts';
import { requestOf, type SpawnRequest } from './request.ts';
import { decide } from './route.ts';

const FIELD_MANAGER = 'route-spawn';

/** An agent's request becomes one run, however often it comes; or the agent is told why not [CTL-WD1]. */
export async function routeSpawn(message: RoutedMessage, context: RouteContext): Promise<string> {
  const request = requestOf(message);
  const decision = decide(request, await observeRequest(request, context));
  if (decision.kind === 'drop') return decision.why;
  if (decision.kind === 'later') throw new AppError('CONFLICT', decision.why);
  const why = decision.kind === 'refuse' ? decision.why : await create(decision.run, request, context);
  if (why === undefined) return `Run ${request.childName} was asked for`;
  await refuse(request, decision.asker, why, context);
  return `Refused: ${why}`;
}

/** Makes the run once. Returns why the API server never will. */
async function create(
  run: AgentRun,
  { asker }: SpawnRequest,
  { kube, signal }: RouteContext,
): Promise<string | undefined> {
  try {
    await kube.create<AgentRun>(KINDS.AgentRun, run, { fieldManager: FIELD_MANAGER, signal });
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof KubeStatusError)) throw thrown;
    if (thrown.reason === 'AlreadyExists') return taken(run, asker.uid, { kube, signal });
    if (isFinal(thrown)) return `the run was refused: ${thrown.message}`;
    throw thrown;
  }
}

/** Admission and quota answer 403 as well; without rights of its own, this function has to try again. */
const isFinal = ({ code, message }: KubeStatusError): boolean =>
  [400, 413, 422].includes(code) || (code === 403 && !message.includes('cannot create resource'));

async function taken(
  { metadata }: AgentRun,
  uid: string,
  { kube, signal }: Pick<RouteContext, 'kube' | 'signal'>,
): Promise<string | undefined> {
  const at = { namespace: metadata.namespace ?? '', name: metadata.name };
  const existing = await kube.get(KINDS.AgentRun, at, { metadataOnly: true, signal });
  const own = existing === undefined || existing.metadata.ownerReferences?.some((owner) => owner.uid === uid);
  return own ? undefined : `AgentRun "${metadata.name}" exists and belongs to something else`;
}

async function refuse(
  { asker, id, childName, timestamp }: SpawnRequest,
  { spec }: AgentRun,
  error: string,
  { bus, signal }: RouteContext,
): Promise<void> {
  const reply = { type: 'delegate.result', requestId: id, status: 'error', error } as const;
  const parts = { id: `${childName}-refused`, timestamp };
  await bus.publish(delegateReply({ ...asker, instance: spec.instanceRef }, reply, parts), signal);
}
