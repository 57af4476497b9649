import { createHash } from 'node:crypto';
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { isToolAllowed, type ToolAccess } from '../../../shared/pods/tool-access.ts';
import type { McpServerConfig } from './config.ts';

/** A tool as the agent sees it. `tool` is the server's own name for it. */
export interface OfferedTool {
  name: string;
  tool: string;
  description: string;
  inputSchema: Record<string, unknown>;
}

/** What model providers take as a name. */
const NAME_LENGTH = 64;
const NOT_IN_NAMES = /[^a-zA-Z0-9_-]/g;

/**
 * The tools of a server that its lists and the run's policy leave over, by their registered names: the allow list first, if there is
 * one, then the deny list (controllers.md 7.4). The first of two tools with the same name stays.
 */
export function offeredTools(
  server: McpServerConfig,
  tools: readonly Tool[],
  access: ToolAccess,
): Map<string, OfferedTool> {
  const offered = new Map<string, OfferedTool>();
  const { toolsAllow, toolsDeny, toolsPrefix } = server;
  for (const { name: tool, description = '', inputSchema } of tools) {
    if (toolsAllow.length > 0 && !toolsAllow.includes(tool)) continue;
    const name = registeredName(toolsPrefix, tool);
    if (toolsDeny.includes(tool) || !isToolAllowed(access, name) || offered.has(name)) continue;
    offered.set(name, { name, tool, description, inputSchema });
  }
  return offered;
}

/** `<prefix>_<tool>`; where a provider would refuse that, with `_` for other characters and a hash for what is too long. */
export function registeredName(prefix: string, tool: string): string {
  const name = `${prefix}_${tool}`;
  const safe = name.replaceAll(NOT_IN_NAMES, '_');
  if (safe.length <= NAME_LENGTH) return safe;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${safe.slice(0, NAME_LENGTH - hash.length - 1)}_${hash}`;
}

/** Servers in the order in which they are asked for a name: the longest prefix first, so that none hides behind a shorter one [CTL-WM8]. */
export const byPrefix = (servers: readonly McpServerConfig[]): McpServerConfig[] =>
  [...servers].sort((a, b) => b.toolsPrefix.length - a.toolsPrefix.length);

/** The server that a registered name belongs to. */
export const serverOf = (name: string, servers: readonly McpServerConfig[]): McpServerConfig | undefined =>
  byPrefix(servers).find(({ toolsPrefix }) => name.startsWith(`${toolsPrefix.replaceAll(NOT_IN_NAMES, '_')}_`));
