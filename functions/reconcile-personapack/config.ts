import * as z from 'zod';
import { type Environment, loadConfig } from '../../shared/config/load.ts';

/** Observability that personas get (controllers spec, 0.7). */
export const PackEnvironmentSchema = z.object({
  SYMPOZIUM_DEFAULT_OTEL_ENABLED: z
    .string()
    .default('false')
    .transform((text) => text.toLowerCase() === 'true')
    .describe('`true`: runs of personas send traces and metrics.'),
  SYMPOZIUM_DEFAULT_OTEL_ENDPOINT: z
    .string()
    .default('sympozium-otel-collector.sympozium-system.svc:4317')
    .describe('Where they send them.'),
  SYMPOZIUM_DEFAULT_OTEL_PROTOCOL: z.enum(['grpc', 'http/protobuf']).default('grpc').describe('How they send them.'),
  SYMPOZIUM_DEFAULT_OTEL_SERVICE_NAME: z.string().default('sympozium').describe('Service name that they carry.'),
});

export type PackConfig = z.output<typeof PackEnvironmentSchema>;

export const loadPackConfig = (env: Environment): PackConfig => loadConfig(PackEnvironmentSchema, env);
