import type { AgentRun } from '../../../crds/agentrun.ts';
import { isControlledBy, type KubeObject } from '../../../shared/kube/objects.ts';

/** `apps/v1` Deployment, as far as it is read. */
export interface Deployment extends KubeObject {
  spec: object;
  status?: { readyReplicas?: number; conditions?: { type: string; status: string; message?: string }[] };
}

/** What has the names of a server's objects, whoever made it. */
export interface ServerObjects {
  deployment: Deployment | undefined;
  service: KubeObject | undefined;
  route: KubeObject | undefined;
}

export const isOwn = (run: AgentRun, object: KubeObject | undefined): object is KubeObject =>
  object !== undefined && isControlledBy(object, run);
