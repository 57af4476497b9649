import * as z from 'zod';
import { text } from './meta.ts';
import { StringResourcesSchema } from './resources.ts';

const WarmPoolSchema = z.object({
  size: z.int32().default(2).describe('size is how many Sandboxes wait.'),
  runtimeClass: text().optional().describe('runtimeClass of the pods in the pool.'),
  resources: StringResourcesSchema.optional().describe('resources of the pods in the pool.'),
});

/** How an instance uses the agent-sandbox API. */
export const InstanceAgentSandboxSchema = z.object({
  enabled: z.boolean().describe('enabled runs the agents in Sandboxes instead of Jobs.'),
  runtimeClass: text().optional().describe('runtimeClass of the pods of the Sandboxes.'),
  warmPool: WarmPoolSchema.optional().describe('warmPool keeps Sandboxes ready.'),
});
