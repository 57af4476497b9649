import type { AgentRun } from '../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES } from '../../crds/conditions.ts';
import { ANNOTATIONS } from '../../crds/labels.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import { type DelegateReply, delegateReply } from '../../shared/runs/delegation.ts';

/** Tells the agent that asked for this run what it came to, made from what is stored, so that a repeat is the same message. */
export function replyToAsker(run: AgentRun, status: AgentRunStatus): Action[] {
  const { metadata, spec } = run;
  const { uid = '', namespace = '', name, ownerReferences = [], annotations = {} } = metadata;
  const asker = ownerReferences.find((owner) => owner.kind === 'AgentRun' && owner.name === spec.parent?.runName);
  const requestId = annotations[ANNOTATIONS.spawnRequest];
  if (asker === undefined || requestId === undefined) return [];
  const about = { type: 'delegate.result', requestId, run: name } as const;
  const reply: DelegateReply =
    status.phase === AGENT_RUN_PHASES.succeeded
      ? { ...about, status: 'success', response: status.result ?? '' }
      : { ...about, status: 'error', error: status.error ?? 'cancelled' };
  const to = { namespace, name: asker.name, uid: asker.uid, instance: spec.instanceRef };
  const parts = { id: `${uid}-reply`, timestamp: status.completedAt ?? metadata.deletionTimestamp ?? '' };
  return [{ verb: 'publish', message: delegateReply(to, reply, parts) }];
}
