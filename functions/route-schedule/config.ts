import * as z from 'zod';
import { type Environment, loadConfig } from '../../shared/config/load.ts';

export const ScheduleRouteEnvironmentSchema = z.object({
  SHARED_SUBJECTS: z
    .enum(['true', 'false'])
    .default('false')
    .describe(
      'Takes requests on the subjects that all pods share, which images of the original need and any pod can forge.',
    ),
  AGENT_SCHEDULES_MAX: z.coerce
    .number()
    .int()
    .min(0)
    .default(20)
    .describe('Schedules that the agents of one instance may have made; 0 forbids them.'),
  AGENT_SCHEDULE_MIN_MINUTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(5)
    .describe('Minutes that must lie between two runs of a schedule that an agent makes.'),
});

export interface ScheduleRouteConfig {
  sharedSubjects: boolean;
  maxSchedules: number;
  minMinutes: number;
}

export function loadScheduleRouteConfig(env: Environment): ScheduleRouteConfig {
  const config = loadConfig(ScheduleRouteEnvironmentSchema, env);
  return {
    sharedSubjects: config.SHARED_SUBJECTS === 'true',
    maxSchedules: config.AGENT_SCHEDULES_MAX,
    minMinutes: config.AGENT_SCHEDULE_MIN_MINUTES,
  };
}
