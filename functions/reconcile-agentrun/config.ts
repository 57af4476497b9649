import * as z from 'zod';
import { type Environment, loadConfig, secret } from '../../shared/config/load.ts';
import { podEnvironment } from '../../shared/pods/environment.ts';
import { policyEnvironment } from '../../shared/policy/floor.ts';

const seconds = (fallback: number) => z.coerce.number().int().positive().default(fallback);

/** What runs are built with. Nothing of it is fixed in code, so that mirrors, other namespaces and other buses work [RUN-W51]. */
export const RunEnvironmentSchema = z.object({
  ...podEnvironment,
  ...policyEnvironment,
  POD_EVENT_BUS_SECRET: secret
    .optional()
    .describe(
      "The bus's secret, from which each run's pod gets credentials of its own; without one the bus must let everyone in.",
    ),
  POD_MEMORY_URL: z
    .string()
    .default('http://sympozium-relay.sympozium-system.svc:8789')
    .describe('Address of the memories as pods reach it: that of the relay, on its port for memories.'),
  POD_MEMORY_SECRET: secret
    .optional()
    .describe(
      'Key that addresses of memories are made from, one that the relay accepts; without one no run has memory.',
    ),
  RUN_DEFAULT_TIMEOUT_SECONDS: seconds(600).describe(
    'Time-out of runs that neither they nor their instance bound, with a provider in a cloud.',
  ),
  RUN_DEFAULT_LOCAL_TIMEOUT_SECONDS: seconds(1800).describe(
    'The same with a provider on own hardware, which is slower.',
  ),
  RUN_HOOK_TIMEOUT_SECONDS: seconds(600).describe('Time-out of each postRun hook that has none of its own.'),
  RUN_GATE_TIMEOUT_SECONDS: seconds(86_400).describe(
    'The same for gate hooks, which may wait for a person; after it, `gateDefault` decides.',
  ),
  RUN_DONE_IMAGE: z
    .string()
    .default('busybox:1.36')
    .describe('Image of the container that ends the pod of postRun hooks; it must have the command `true`.'),
  RUN_UNSCHEDULABLE_GRACE_SECONDS: seconds(120).describe(
    'How long a pod may wait for a node: longer than autoscalers take to add one.',
  ),
});

export type RunConfig = z.output<typeof RunEnvironmentSchema>;

export const loadRunConfig = (env: Environment): RunConfig => loadConfig(RunEnvironmentSchema, env);
