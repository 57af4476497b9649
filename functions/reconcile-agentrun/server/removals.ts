import type { AgentRun } from '../../../crds/agentrun.ts';
import { DEPLOYMENTS, HTTP_ROUTES, refOf, SERVICES } from '../../../shared/kube/resources.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import { isOwn, type ServerObjects } from './objects.ts';

/** What is the run's own, from the outside in: nobody is led to what is going. */
export function serverRemovals(run: AgentRun, server: ServerObjects | undefined): Action[] {
  if (server === undefined) return [];
  const all = [
    [HTTP_ROUTES, server.route],
    [SERVICES, server.service],
    [DEPLOYMENTS, server.deployment],
  ] as const;
  return all.flatMap(([resource, object]): Action[] =>
    isOwn(run, object) && object.metadata.deletionTimestamp === undefined
      ? [{ verb: 'delete', target: refOf(resource, object), propagation: 'Foreground' }]
      : [],
  );
}
