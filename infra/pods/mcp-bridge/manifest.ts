import { writeFileAtomic } from '../ipc/files.ts';
import { describeError, type Log, type Redact } from '../ipc/log.ts';
import type { McpServerConfig } from './config.ts';
import { byPrefix, type OfferedTool } from './offered-tools.ts';
import type { Servers } from './servers.ts';

/** `/ipc/tools/mcp-tools.json`. `timeout` in seconds. */
export interface ToolManifest {
  tools: {
    name: string;
    description: string;
    server: string;
    timeout: number;
    inputSchema: Record<string, unknown>;
  }[];
}

/** Asks all servers at once. One that cannot be reached takes nothing from the others [CTL-132]. */
export async function discoverTools(
  configs: readonly McpServerConfig[],
  servers: Servers,
  log: Log,
): Promise<ToolManifest> {
  const toolsOf = (config: McpServerConfig) =>
    servers.tools(config).catch((error: unknown) => {
      log.warn('Left out an MCP server', { error: describeError(error) });
      return NONE;
    });
  const found = await Promise.all(byPrefix(configs).map(async (config) => ({ config, tools: await toolsOf(config) })));
  const byName = new Map<string, ToolManifest['tools'][number]>();
  for (const { config, tools } of found) {
    for (const { name, description, inputSchema } of tools.values()) {
      if (byName.has(name)) continue;
      byName.set(name, { name, description, server: config.name, timeout: config.timeoutMs / 1000, inputSchema });
    }
  }
  return { tools: [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

const NONE: ReadonlyMap<string, OfferedTool> = new Map();

export const writeManifest = (path: string, manifest: ToolManifest, scratch: string, redact: Redact): Promise<void> =>
  writeFileAtomic(path, redact(JSON.stringify(manifest)), { scratch });
