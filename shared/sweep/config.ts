import * as z from 'zod';
import { type Environment, loadConfig, secretList } from '../config/load.ts';

/** What every sweep needs to ask for passes. */
export const SweepEnvironmentSchema = z.object({
  FUNCTIONS_URL: z
    .url()
    .optional()
    .describe('Base URL of the functions; the host on this machine, at `HOST_PORT`, unless told.'),
  HOST_PORT: z.coerce.number().int().default(8080).describe('Port of that host.'),
  RELAY_TO_FUNCTION_SECRETS: secretList.describe('Keys of ticks and passes, parted by spaces; the first one signs.'),
});

export interface SweepConfig {
  functionsUrl: string;
  /** Key that passes are asked for with, as the relay asks. */
  secret: string;
}

export function loadSweepConfig(env: Environment): SweepConfig {
  const config = loadConfig(SweepEnvironmentSchema, env);
  return {
    functionsUrl: config.FUNCTIONS_URL ?? `http://127.0.0.1:${config.HOST_PORT}`,
    secret: config.RELAY_TO_FUNCTION_SECRETS[0]?.reveal() ?? '',
  };
}
