/** SympoziumSchedule: a task at times given by cron (controllers spec, 1.5). */
import * as z from 'zod';
import { CONDITIONS } from './conditions.ts';
import { AGE, column, type KindDefinition, whyColumns } from './definition.ts';
import { KINDS } from './group.ts';
import { conditions, int64, list, objectName, observedGeneration, prose, resource, ruled, text, time } from './meta.ts';

const historyLimit = (outcome: string) =>
  z
    .int32()
    .min(0)
    .max(1000)
    .optional()
    .describe(
      `${outcome}RunsHistoryLimit is how many ${outcome} runs of this schedule are kept; all that the instance keeps unless set.`,
    );

const SpecSchema = z.object({
  instanceRef: objectName().describe(
    'instanceRef names the SympoziumInstance, in the same namespace, that runs the task.',
  ),
  schedule: text().describe(
    'schedule is cron with five fields, a name such as @daily, or @every with a duration. TZ=<zone> may come before five fields.',
  ),
  timeZone: z
    .string()
    .max(64)
    .regex(/^[A-Za-z][A-Za-z0-9_+/-]*$/)
    .optional()
    .describe('timeZone is the IANA name of the zone whose clock schedule is read by; UTC unless set.'),
  task: prose().describe('task of each run.'),
  type: z
    .enum(['heartbeat', 'scheduled', 'sweep'])
    .default('scheduled')
    .describe('type of the schedule: heartbeat, scheduled or sweep.'),
  suspend: z.boolean().optional().describe('suspend stops further runs.'),
  concurrencyPolicy: z
    .enum(['Forbid', 'Allow', 'Replace'])
    .default('Forbid')
    .describe('concurrencyPolicy says what happens when the last run is still at work.'),
  includeMemory: z.boolean().default(true).describe('includeMemory puts the memory of the instance into the task.'),
  startingDeadlineSeconds: z
    .int32()
    .min(1)
    .max(31_536_000)
    .optional()
    .describe('startingDeadlineSeconds is how late a missed run may still begin; however late unless set.'),
  jitterSeconds: z
    .int32()
    .min(0)
    .max(86_400)
    .optional()
    .describe(
      'jitterSeconds is the longest time by which a run is put off, so that schedules of one minute come apart.',
    ),
  successfulRunsHistoryLimit: historyLimit('successful'),
  failedRunsHistoryLimit: historyLimit('failed'),
});

export const SympoziumScheduleSpecSchema = ruled(SpecSchema, {
  rule: "!has(self.timeZone) || !(self.schedule.startsWith('TZ=') || self.schedule.startsWith('CRON_TZ='))",
  message: 'schedule must not begin with a time zone where timeZone is set',
});

export const SympoziumScheduleStatusSchema = z.object({
  observedGeneration: observedGeneration(),
  phase: text(64).optional().describe('phase is Active, Suspended or Error.'),
  lastRunTime: time().optional().describe('lastRunTime is the tick of the last run.'),
  nextRunTime: time().optional().describe('nextRunTime is the next tick, or the one that waits.'),
  lastRunName: objectName().optional().describe('lastRunName is the last AgentRun.'),
  totalRuns: int64().optional().describe('totalRuns counts the runs made.'),
  active: list(objectName(), 64).optional().describe('active are the runs under way, as of the last look; 64 at most.'),
  scheduledUntil: time()
    .optional()
    .describe(
      'scheduledUntil is the time up to which ticks are settled without a run: passed over, or before a change.',
    ),
  startingTick: time().optional().describe('startingTick is the tick whose run is being made.'),
  conditions: conditions(),
});

export const SympoziumScheduleSchema = resource(
  'SympoziumSchedule',
  SympoziumScheduleSpecSchema,
  SympoziumScheduleStatusSchema,
);

/** As the API server gives it back: defaults are filled in. */
export type SympoziumSchedule = z.output<typeof SympoziumScheduleSchema>;
export type SympoziumScheduleSpec = z.output<typeof SympoziumScheduleSpecSchema>;
export type SympoziumScheduleStatus = z.output<typeof SympoziumScheduleStatusSchema>;
/** As people write it: fields with a default may be absent. */
export type SympoziumScheduleInput = z.input<typeof SympoziumScheduleSchema>;

export const sympoziumScheduleDefinition: KindDefinition = {
  names: KINDS.SympoziumSchedule,
  description: 'SympoziumSchedule runs a task at times given by cron.',
  spec: SympoziumScheduleSpecSchema,
  status: SympoziumScheduleStatusSchema,
  printerColumns: [
    column('Instance', '.spec.instanceRef'),
    column('Schedule', '.spec.schedule'),
    column('Type', '.spec.type'),
    column('Phase', '.status.phase'),
    column('Last Run', '.status.lastRunTime', 'date'),
    AGE,
    ...whyColumns(CONDITIONS.ready),
  ],
};
