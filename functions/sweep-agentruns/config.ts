import * as z from 'zod';
import { type Environment, loadConfig } from '../../shared/config/load.ts';
import { SweepEnvironmentSchema } from '../../shared/sweep/config.ts';

export const RunSweepEnvironmentSchema = SweepEnvironmentSchema.extend({
  MAX_RUN_HISTORY: z.coerce.number().int().min(0).default(50).describe('Finished runs kept for each instance.'),
});

export interface RunSweepConfig {
  maxHistory: number;
}

export function loadRunSweepConfig(env: Environment): RunSweepConfig {
  return { maxHistory: loadConfig(RunSweepEnvironmentSchema, env).MAX_RUN_HISTORY };
}
