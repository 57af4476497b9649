/** Kubernetes Events (events.k8s.io/v1) of what a plan changes about the primary's conditions. Pure. */
import { createHash } from 'node:crypto';
import { type EventType, eventTypeOf } from '../../crds/events.ts';
import type { Condition } from '../../crds/meta.ts';
import { cutBytes } from '../bytes.ts';
import { fitName } from '../kube/names.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Action, Plan } from './plan.ts';

/** Bounds that the API server holds Events to. */
const NAME_MAX = 253;
const NOTE_MAX = 1024;
const REASON_MAX = 128;

/**
 * The plan with an Event before each status that is worth one. Before, so that a pass cut in between tells it again, under the same
 * name, rather than never.
 */
export function withEvents(plan: Plan, primary: KubeObject, fieldManager: string, now: Date): Plan {
  let before = conditionsOf(primary);
  const actions = plan.actions.flatMap((action): Action[] => {
    if (action.verb !== 'applyStatus') return [action];
    const after = conditionsOf(action);
    const told = after.flatMap((condition) => {
      const previous = before.find(({ type }) => type === condition.type);
      const type = eventTypeOf(primary.kind, previous, condition);
      if (type === undefined) return [];
      return [{ verb: 'event' as const, event: eventOf(primary, { type, previous, condition }, fieldManager, now) }];
    });
    before = after;
    return [...told, action];
  });
  return { ...plan, actions };
}

const conditionsOf = (object: object): readonly Condition[] =>
  (object as { status?: { conditions?: readonly Condition[] } }).status?.conditions ?? [];

interface Transition {
  type: EventType;
  previous: Condition | undefined;
  condition: Condition;
}

function eventOf(
  primary: KubeObject,
  { type, previous, condition }: Transition,
  fieldManager: string,
  now: Date,
): KubeObject {
  const { apiVersion, kind, metadata } = primary;
  const { name, namespace = '', uid } = metadata;
  const { reason, message } = condition;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: eventName(primary, previous, condition), namespace },
    // `metav1.MicroTime`
    eventTime: now.toISOString().replace('Z', '000Z'),
    reportingController: `sympozium.ai/${fieldManager}`,
    reportingInstance: fieldManager,
    action: 'Reconcile',
    type,
    reason: reason.slice(0, REASON_MAX),
    regarding: { apiVersion, kind, namespace, name, uid },
    note: noteOf(message === '' ? reason : message),
  } as KubeObject;
}

/** From the object and the transition alone: the same pass again, whenever, gives the same Event. */
function eventName(
  { metadata }: KubeObject,
  previous: Condition | undefined,
  { type, status, reason }: Condition,
): string {
  const { uid, name, generation } = metadata;
  const from = previous && [previous.status, previous.reason, previous.lastTransitionTime];
  const cause = JSON.stringify([uid, generation, type, from, status, reason]);
  const hash = createHash('sha256').update(cause).digest('hex').slice(0, 16);
  return `${fitName(name, NAME_MAX - hash.length - 1)}.${hash}`;
}

/** The API server counts bytes. */
function noteOf(message: string): string {
  const { text, cut } = cutBytes(message, NOTE_MAX - 3);
  return cut ? `${text}…` : text;
}
