import type { McpServer } from '../../crds/mcpserver.ts';
import { isApplied } from '../../shared/kube/applied.ts';
import { isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';
import { parseQuantity } from '../../shared/kube/quantity.ts';
import { DEPLOYMENTS, NETWORK_POLICIES, type Resource, refOf, SERVICES } from '../../shared/kube/resources.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import type { McpServerConfig } from './config.ts';
import { serverDeployment } from './deployment.ts';
import { serverNetworkPolicy, serverService } from './network.ts';
import type { Deployment, Existing } from './observed.ts';

/** What serves the server, as its spec asks. The policy comes first: the server is never open. */
export function workloadActions(seen: Existing, config: McpServerConfig): Action[] {
  const { primary, deployment, service, networkPolicy } = seen;
  const desired = serverDeployment(seen, config);
  if (desired === undefined) return [];
  return [
    ...applied(NETWORK_POLICIES, networkPolicy, serverNetworkPolicy(primary, config)),
    ...(isDeployed(deployment, desired) ? [] : [{ verb: 'apply', resource: DEPLOYMENTS, object: desired } as const]),
    ...applied(SERVICES, service, serverService(primary)),
  ];
}

function applied(resource: Resource, existing: KubeObject | undefined, desired: KubeObject): Action[] {
  return existing !== undefined && isApplied(existing, desired) ? [] : [{ verb: 'apply', resource, object: desired }];
}

/** What served a server that now runs elsewhere goes; what has its name by chance stays [CTL-WM6]. */
export function removals({ primary, deployment, service, networkPolicy }: Existing): Action[] {
  return [
    ...removed(primary, DEPLOYMENTS, deployment),
    ...removed(primary, SERVICES, service),
    ...removed(primary, NETWORK_POLICIES, networkPolicy),
  ];
}

function removed(primary: McpServer, resource: Resource, object: KubeObject | undefined): Action[] {
  if (object === undefined || !isControlledBy(object, primary) || object.metadata.deletionTimestamp !== undefined) {
    return [];
  }
  return [{ verb: 'delete', target: refOf(resource, object), propagation: 'Background' }];
}

/** Every ready pod is of the spec as it is now. */
export function isRolledOut(deployment: Deployment | undefined, desired: Deployment): boolean {
  if (deployment === undefined || !isDeployed(deployment, desired)) return false;
  const { metadata, status = {} } = deployment;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status;
  return observedGeneration >= (metadata.generation ?? 0) && readyReplicas > 0 && updatedReplicas === replicas;
}

function isDeployed(existing: Deployment | undefined, desired: Deployment): boolean {
  return existing !== undefined && isApplied(canonical(existing), canonical(desired));
}

/** The API server stores `0.2` as `200m`; both are the same quantity. */
function canonical(deployment: Deployment): Deployment {
  return JSON.parse(JSON.stringify(deployment), (key, value) =>
    (key === 'limits' || key === 'requests') && typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, amount]) => [name, exact(amount)]))
      : value,
  ) as Deployment;
}

const exact = (amount: unknown): string => parseQuantity(String(amount))?.toString() ?? String(amount);
