import * as z from 'zod';
import { type Environment, loadConfig, secretList } from '../../shared/config/load.ts';

const SweepEnvironmentSchema = z.object({
  /** Base URL of the functions; the host that runs beside it unless told. */
  FUNCTIONS_URL: z.url().optional(),
  HOST_PORT: z.coerce.number().int().default(8080),
  RELAY_TO_FUNCTION_SECRETS: secretList,
  /** Finished runs kept for each instance. */
  MAX_RUN_HISTORY: z.coerce.number().int().min(0).default(50),
});

export interface SweepConfig {
  functionsUrl: string;
  /** Key that passes are asked for with, as the relay asks. */
  secret: string;
  maxHistory: number;
}

export function loadSweepConfig(env: Environment): SweepConfig {
  const config = loadConfig(SweepEnvironmentSchema, env);
  return {
    functionsUrl: config.FUNCTIONS_URL ?? `http://127.0.0.1:${config.HOST_PORT}`,
    secret: config.RELAY_TO_FUNCTION_SECRETS[0]?.reveal() ?? '',
    maxHistory: config.MAX_RUN_HISTORY,
  };
}
