import * as z from 'zod';
import { SYSTEM_NAMESPACE } from '../../crds/group.ts';
import { type Environment, loadConfig } from '../../shared/config/load.ts';
import { podEnvironment } from '../../shared/pods/environment.ts';

export const InstanceEnvironmentSchema = z.object({
  ...podEnvironment,
  SYMPOZIUM_SYSTEM_NAMESPACE: z
    .string()
    .default(SYSTEM_NAMESPACE)
    .describe('Namespace searched for SkillPacks after that of the instance.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .default('')
    .describe('Collector that channels send to whose instance says nothing of it.'),
});

export type InstanceConfig = z.output<typeof InstanceEnvironmentSchema>;

export const loadInstanceConfig = (env: Environment): InstanceConfig => loadConfig(InstanceEnvironmentSchema, env);
