import * as z from 'zod';
import { duration, EnvVarSchema, list, stringList, text } from './meta.ts';
import { RbacRuleSchema } from './rbac.ts';

const LifecycleHookSchema = z.object({
  name: text().describe('name of the hook, unique among those of its moment.'),
  image: text().describe('image that the hook runs.'),
  command: stringList(1024, 131_072).optional().describe("command replaces the image's entry point."),
  args: stringList(1024, 131_072).optional().describe('args are the arguments of the command.'),
  env: list(EnvVarSchema, 1024).optional().describe('env is set in the container of the hook.'),
  timeout: duration().optional().describe('timeout bounds the hook, as a Go duration such as 30s.'),
  gate: z.boolean().optional().describe('gate lets a postRun hook approve, reject or rewrite the result.'),
});
export type LifecycleHook = z.output<typeof LifecycleHookSchema>;

/** Hooks around the agent: init containers before it, a Job after it. */
export const LifecycleHooksSchema = z.object({
  preRun: list(LifecycleHookSchema).optional().describe('preRun hooks run one after another before the agent.'),
  postRun: list(LifecycleHookSchema).optional().describe('postRun hooks run after the agent has ended.'),
  rbac: list(RbacRuleSchema).optional().describe('rbac is what the hooks may do in the namespace of the run.'),
  gateDefault: z
    .enum(['allow', 'block'])
    .default('block')
    .describe('gateDefault is the outcome when a gate hook gives no usable verdict.'),
});
export type LifecycleHooks = z.output<typeof LifecycleHooksSchema>;
