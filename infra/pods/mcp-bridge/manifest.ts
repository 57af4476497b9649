import type { ToolReport } from '../../../shared/pods/tool-report.ts';
import { writeFileAtomic } from '../ipc/files.ts';
import { describeError, type Log, type Redact } from '../ipc/log.ts';
import type { McpServerConfig } from './config.ts';
import { byPrefix, type OfferedTool } from './offered-tools.ts';
import { httpStatus, type Servers } from './servers.ts';

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

export interface Discovery {
  manifest: ToolManifest;
  failures: ToolReport['failures'];
}

/** Asks all servers at once. One that cannot be reached takes nothing from the others [CTL-132]. */
export async function discoverTools(
  configs: readonly McpServerConfig[],
  servers: Servers,
  log: Log,
): Promise<Discovery> {
  const failures: ToolReport['failures'] = [];
  const toolsOf = (config: McpServerConfig) =>
    servers.tools(config).catch((thrown: unknown) => {
      const error = describeError(thrown);
      const status = httpStatus(thrown);
      log.warn('Left out an MCP server', { error });
      failures.push({ server: config.name, error, ...(status !== undefined && { status }) });
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
  return { manifest: { tools: [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) }, failures };
}

const NONE: ReadonlyMap<string, OfferedTool> = new Map();

export const writeManifest = (path: string, manifest: ToolManifest, scratch: string, redact: Redact): Promise<void> =>
  writeFileAtomic(path, redact(JSON.stringify(manifest)), { scratch });
