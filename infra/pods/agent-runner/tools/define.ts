import type { z } from 'zod';
import type { AgentTool } from './tool.ts';

/** Ties a tool's schema to the type of its input. Input is parsed again here, so that no tool trusts a caller. */
export function defineTool<Schema extends z.ZodType>(definition: {
  name: string;
  description: string;
  inputSchema: Schema;
  execute(input: z.output<Schema>, signal: AbortSignal): Promise<string>;
}): AgentTool {
  return {
    ...definition,
    execute: async (input, signal) => definition.execute(definition.inputSchema.parse(input), signal),
  };
}
