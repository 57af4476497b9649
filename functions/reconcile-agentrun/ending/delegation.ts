import type { AgentRun } from '../../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES } from '../../../crds/conditions.ts';
import { ANNOTATIONS } from '../../../crds/labels.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import { answerTo } from '../../../shared/runs/answer.ts';

/** Tells the agent that asked for this run what it came to, made from what is stored, so that a repeat is the same message. */
export function answerAsker(run: AgentRun, status: AgentRunStatus): Action[] {
  const { metadata, spec } = run;
  const { uid = '', namespace = '', name, ownerReferences = [], annotations = {} } = metadata;
  const asker = ownerReferences.find((owner) => owner.kind === run.kind && owner.name === spec.parent?.runName);
  const requestId = annotations[ANNOTATIONS.spawnRequest];
  if (asker === undefined || requestId === undefined) return [];
  const { result = '', error = 'cancelled' } = status;
  const ok = status.phase === AGENT_RUN_PHASES.succeeded;
  const answer = { id: requestId, ok, message: ok ? result : error, run: name };
  const parts = { id: `${uid}-answer`, timestamp: status.completedAt ?? metadata.deletionTimestamp ?? '' };
  const message = answerTo({ namespace, name: asker.name, uid: asker.uid }, answer, parts);
  return [{ verb: 'publish', message }];
}
