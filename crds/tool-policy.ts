import * as z from 'zod';
import { stringList } from './meta.ts';

/** Tools that an agent may and may not use. */
export const ToolPolicySchema = z.object({
  allow: stringList().optional().describe('allow lists the tools that the agent may use.'),
  deny: stringList().optional().describe('deny lists the tools that the agent may not use.'),
});
export type ToolPolicy = z.output<typeof ToolPolicySchema>;
