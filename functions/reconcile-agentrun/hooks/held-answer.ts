import type { AgentRun } from '../../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../../crds/agentrun-status.ts';
import { RUN_REASONS } from '../../../crds/conditions.ts';
import { LABELS } from '../../../crds/labels.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { controllerReference } from '../../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../../shared/kube/resources.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import { heldAnswerOf } from '../names.ts';
import type { ConfigMap } from '../pod/input-config-map.ts';
import { isGated } from './hooks.ts';

/** What an agent said and wants remembered, kept out of the run's status until the gate has decided [RUN-W13]. */
export interface HeldAnswer {
  response: string;
  memory?: string;
}

/** Whether the run's answer is kept apart while its hooks are at work. */
export function holdsAnswer({ resolution }: AgentRunStatus): boolean {
  return isGated(resolution) && resolution?.postRun?.reason === RUN_REASONS.succeeded;
}

export function holdAnswer(run: AgentRun, { response, memory }: HeldAnswer): Action {
  const { name, namespace = '' } = run.metadata;
  const object: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: heldAnswerOf(name),
      namespace,
      labels: { [LABELS.agentRun]: fitName(name) },
      ownerReferences: [controllerReference(run)],
    },
    data: { response, ...(memory !== undefined && { memory }) },
  };
  return { verb: 'apply', resource: CONFIG_MAPS, object };
}

export function heldIn({ data: { response = '', memory } }: ConfigMap): HeldAnswer {
  return { response, ...(memory !== undefined && { memory }) };
}

const RELEASED = ['approved', 'allowed-by-default'];

/** A rejected answer does not outlive its rejection; one that was let through is in the status, and goes with the run as that does. */
export function heldAnswerRemovals(run: AgentRun, status: AgentRunStatus): Action[] {
  if (!holdsAnswer(status) || RELEASED.includes(status.gateVerdict ?? '')) return [];
  const { name, namespace = '' } = run.metadata;
  const target = { resource: CONFIG_MAPS, namespace, name: heldAnswerOf(name) };
  return [{ verb: 'delete', target, propagation: 'Background' }];
}
