import { isToolAllowed } from '../../../../shared/pods/tool-access.ts';
import { channelTool } from './channel.ts';
import { commandTool } from './command.ts';
import { delegateTool } from './delegate.ts';
import { fetchTool } from './fetch.ts';
import { fileTools } from './files.ts';
import { mcpTools } from './mcp.ts';
import { memoryTools } from './memory.ts';
import { scheduleTool } from './schedule.ts';
import type { AgentTool, ToolContext } from './tool.ts';

/** The tools of a run: built in ones first; an MCP tool of the same name does not replace them. */
export async function buildTools(context: ToolContext): Promise<AgentTool[]> {
  if (!context.config.toolsEnabled) return [];
  const builtIn = [
    ...fileTools(context),
    commandTool(context),
    fetchTool(),
    channelTool(context),
    scheduleTool(context),
    delegateTool(context),
    ...memoryTools(context),
  ];
  const names = new Set(builtIn.map(({ name }) => name));
  const all = [...builtIn, ...(await mcpTools(context)).filter(({ name }) => !names.has(name))];
  return all.filter(({ name }) => isToolAllowed(context.config.tools, name));
}
