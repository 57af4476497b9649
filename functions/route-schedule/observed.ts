import type { AgentRun } from '../../crds/agentrun.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import type { BadRequest, ScheduleRequest } from './request.ts';

export interface Observed {
  /** The instance whose agent asks; undefined when that cannot be told. */
  primary: SympoziumInstance | undefined;
  sequence: number;
  request: ScheduleRequest | BadRequest;
  /** The run that asks, and is answered; undefined on the shared subject. */
  asker?: { namespace: string; name: string; uid: string };
  /** The run of whose policy the tools are. */
  run: AgentRun | undefined;
  /** Whatever has the name of the schedule that is asked about. */
  schedule: SympoziumSchedule | undefined;
  /** Schedules that agents of the instance have made; read when there may be one more. */
  made: number;
}
