import { readFile, stat } from 'node:fs/promises';
import { TOOLS_LISTED, type ToolReport } from '../../../shared/pods/tool-report.ts';
import { isMissing } from '../ipc/files.ts';
import { createLog, type Log, type Redact, redactor } from '../ipc/log.ts';
import type { PathMap } from '../ipc/paths.ts';
import { type BridgeConfig, type McpServerConfig, parseServers, secretsOf } from './config.ts';
import { discoverTools, writeManifest } from './manifest.ts';
import { serveRequests } from './serve.ts';
import { createServers } from './servers.ts';

export interface BridgeOptions {
  config: BridgeConfig;
  env: Record<string, string | undefined>;
  paths: PathMap;
  /** Fires on SIGTERM. */
  stop: AbortSignal;
  /** Absent: to stderr. */
  log?: (redact: Redact) => Log;
  connectMs?: number;
}

/**
 * Lists the tools of the run's MCP servers, or answers the agent's calls of them until the run is over (controllers.md 7.3, 7.4).
 * Without servers there is nothing to do [CTL-136]. Throws when the configuration is wrong.
 */
export async function runBridge(options: BridgeOptions): Promise<void> {
  const { config, env, paths, stop } = options;
  const configs = await serversIn(paths.toHost(config.configPath), env);
  const redact = redactor(secretsOf(configs));
  const log = (options.log ?? ((hide) => createLog('mcp-bridge', hide)))(redact);
  const manifestPath = paths.toHost(config.manifestPath);
  const scratch = paths.toHost('/ipc/.tmp');
  const servers = createServers({ ...config, log, ...(options.connectMs && { connectMs: options.connectMs }) });
  const discover = async () => {
    const { manifest, failures } = await discoverTools(configs, servers, log);
    await writeManifest(manifestPath, manifest, scratch, redact);
    const report: ToolReport = { tools: manifest.tools.map(({ name }) => name), failures };
    log.info(TOOLS_LISTED, { ...report });
  };
  try {
    if (config.discoverOnly) {
      stop.addEventListener('abort', () => void servers.close());
      return await discover();
    }
    if (configs.length === 0) return;
    // Connects to all servers before they are asked for, and serves meanwhile [RUN-W57]. The manifest is normally there already.
    const warmed = (await exists(manifestPath)) ? discoverTools(configs, servers, log) : discover();
    warmed.catch((error: unknown) => log.error('Could not write the manifest', { error: String(error) }));
    await serveRequests({
      configs,
      servers,
      requests: paths.toHost(config.requestsPath),
      scratch,
      ends: ['/ipc/done', '/ipc/output/result.json'].map(paths.toHost),
      redact,
      log,
      stop,
    });
  } finally {
    await servers.close();
  }
}

/** None when there is no file. */
async function serversIn(path: string, env: Record<string, string | undefined>): Promise<McpServerConfig[]> {
  try {
    return parseServers(await readFile(path, 'utf8'), env);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
