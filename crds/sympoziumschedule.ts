/** SympoziumSchedule: a task at times given by cron (controllers spec, 1.5). */
import * as z from 'zod';
import { AGE, column, type KindDefinition } from './definition.ts';
import { KINDS } from './group.ts';
import { conditions, int64, objectName, observedGeneration, prose, resource, text, time } from './meta.ts';

export const SympoziumScheduleSpecSchema = z.object({
  instanceRef: objectName().describe(
    'instanceRef names the SympoziumInstance, in the same namespace, that runs the task.',
  ),
  schedule: text().describe('schedule is cron with five fields.'),
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
});

export const SympoziumScheduleStatusSchema = z.object({
  observedGeneration: observedGeneration(),
  phase: text(64).optional().describe('phase is Active, Suspended or Error.'),
  lastRunTime: time().optional().describe('lastRunTime is the tick of the last run.'),
  nextRunTime: time().optional().describe('nextRunTime is the next tick.'),
  lastRunName: objectName().optional().describe('lastRunName is the last AgentRun.'),
  totalRuns: int64().optional().describe('totalRuns counts the runs made.'),
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
  ],
};
