import { type BusEnvelope, runSubject } from '../bus/subjects.ts';
import type { BusMessage } from '../reconcile/plan.ts';

/** What became of an agent's request: `/ipc/input/answer-*.json` of its pod. */
export interface Answer {
  /** Of the request; absent when that had none. */
  id?: string | undefined;
  ok: boolean;
  /** For the agent: what was done, what was answered, or why nothing was. */
  message: string;
  /** The run that was made for the request. */
  run?: string;
}

/** The message that takes an answer to the pod of the run that asked. Its `id` and its time are of the cause. */
export function answerTo(
  asker: { namespace: string; name: string; uid: string },
  data: Answer,
  { id, timestamp }: { id: string; timestamp: string },
): BusMessage {
  const metadata = { agentRunID: asker.name, namespace: asker.namespace };
  const payload: BusEnvelope = { topic: 'agent.request.answer', timestamp, metadata, data };
  return { id, subject: `${runSubject(asker)}.answer`, payload };
}
