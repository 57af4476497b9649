import { followupSubject } from '../bus/subjects.ts';
import type { BusMessage } from '../reconcile/plan.ts';

/** How a run that was asked for ended, for the agent that asked: `/ipc/input/followup-*.json` of its pod. */
export interface DelegateReply {
  type: 'delegate.result';
  /** `id` of the request. */
  requestId: string;
  /** The run that was made for it; absent when none was. */
  run?: string;
  status: 'success' | 'error';
  response?: string;
  error?: string;
}

/** The message that takes a reply to the pod of the run that asked. */
export function delegateReply(
  asker: { namespace: string; name: string; uid: string; instance: string },
  reply: DelegateReply,
  { id, timestamp }: { id: string; timestamp: string },
): BusMessage {
  const { namespace, name, instance } = asker;
  const metadata = { agentRunID: name, instanceName: instance, namespace };
  return {
    id,
    subject: followupSubject(asker),
    payload: { topic: 'agent.followup', timestamp, metadata, data: reply },
  };
}
