/**
 * Which transitions of conditions become Kubernetes Events: those that a person should know of. Everybody can read the condition;
 * an Event is for who looks at what happened.
 */
import {
  CONFIG_REASONS,
  MCP_SERVER_REASONS,
  PACK_REASONS,
  POST_RUN_JOB_FAILED,
  RUN_REASONS,
  SCHEDULE_REASONS,
  TOOL_REASONS,
} from './conditions.ts';
import type { Kind } from './group.ts';
import type { Condition } from './meta.ts';

export type EventType = 'Normal' | 'Warning';

/** `'quiet'` for a reason that is told to nobody. */
type Exceptions = Readonly<Record<string, EventType | 'quiet'>>;

/** Reasons that the rule below would tell otherwise. */
export const EVENT_EXCEPTIONS: Readonly<Partial<Record<Kind, Exceptions>>> = {
  AgentRun: {
    [RUN_REASONS.waitingForSlot]: 'Normal',
    [RUN_REASONS.gateRejected]: 'Warning',
    [RUN_REASONS.cancelled]: 'Normal',
    [RUN_REASONS.crashLoop]: 'Warning',
    [POST_RUN_JOB_FAILED]: 'Warning',
  },
  SympoziumSchedule: {
    [SCHEDULE_REASONS.tickMissed]: 'Warning',
    [SCHEDULE_REASONS.suspended]: 'Normal',
    [SCHEDULE_REASONS.waitingForRun]: 'Normal',
  },
  PersonaPack: { [PACK_REASONS.disabled]: 'quiet', [PACK_REASONS.removing]: 'quiet' },
  MCPServer: {
    [MCP_SERVER_REASONS.notReady]: 'Normal',
    [TOOL_REASONS.credentialsNeeded]: 'Normal',
    // `Ready` says it.
    [TOOL_REASONS.noAnswer]: 'quiet',
  },
  SympoziumConfig: { [CONFIG_REASONS.disabled]: 'quiet', [CONFIG_REASONS.pending]: 'quiet' },
};

type State = Pick<Condition, 'type' | 'status' | 'reason'>;

/**
 * The type of the Event that a condition's change is worth; undefined for none. The rule: a condition that becomes `False`, or is so
 * for another reason, warns; one that was `False` and is `True` is told as good news. What was for the same reason before is no news.
 */
export function eventTypeOf(kind: string, before: State | undefined, after: State): EventType | undefined {
  if (before?.status === after.status && before.reason === after.reason) return undefined;
  const exception = EVENT_EXCEPTIONS[kind as Kind]?.[after.reason];
  if (exception !== undefined) return exception === 'quiet' ? undefined : exception;
  if (after.status === 'False') return 'Warning';
  return after.status === 'True' && before?.status === 'False' ? 'Normal' : undefined;
}
