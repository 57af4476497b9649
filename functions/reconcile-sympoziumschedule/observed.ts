import type { AgentRun } from '../../crds/agentrun.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import type { ObjectMeta } from '../../shared/kube/objects.ts';

/** What a pass saw. Plain JSON, so that a pass can be stored and run again. */
export type Observed =
  | { stage: 'gone'; primary: undefined }
  /** `runs` are all that the schedule owns. */
  | { stage: 'deleting'; primary: SympoziumSchedule; runs: ObjectMeta[] }
  | Standing;

export interface Standing {
  stage: 'standing';
  primary: SympoziumSchedule;
  /** W3C trace context of the pass, when telemetry is on. */
  traceparent?: string;
  /** The schedule's own runs that have not ended. */
  active: ObjectMeta[] | 'unread';
  instance: SympoziumInstance | 'missing' | 'unread';
  /** What the instance remembers; empty when that is nothing, or not asked for. */
  memory: string;
  /** The schedule's own runs that have ended, read where there is a limit to their number. */
  ended: AgentRun[];
}
