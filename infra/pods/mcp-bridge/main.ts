import '../ipc/node-require.ts';
import { parseArgs } from 'node:util';
import { createLog, describeError } from '../ipc/log.ts';
import { pathMapFrom } from '../ipc/paths.ts';
import { runBridge } from './bridge.ts';
import { loadBridgeConfig } from './config.ts';
import { installAdapter } from './install.ts';
import { runAdapter } from './stdio/adapter.ts';
import { loadAdapterConfig } from './stdio/config.ts';

/**
 * `mcp-bridge`: the sidecar that carries a run's calls to its MCP servers (controllers.md 7.4).
 * `mcp-bridge --stdio-adapter`: serves an MCP server that speaks on standard input and output over HTTP (7.5).
 * `mcp-bridge --install DIR`: puts a `mcp-bridge` that runs in any Linux image into a folder, for the adapter.
 */
const log = createLog('mcp-bridge');
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
process.on('SIGINT', () => stop.abort());

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { 'stdio-adapter': { type: 'boolean' }, install: { type: 'string' } } });
  const paths = pathMapFrom(process.env);
  if (values.install !== undefined) {
    return installAdapter({ from: import.meta.filename, folder: values.install, on: paths.toHost(values.install) });
  }
  if (values['stdio-adapter'] === true || process.env['MCP_STDIO_ADAPTER'] === 'true') {
    return runAdapter({ config: loadAdapterConfig(process.env), log: createLog('mcp-adapter'), stop: stop.signal });
  }
  return runBridge({ config: loadBridgeConfig(process.env), env: process.env, paths, stop: stop.signal });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    log.error('Failed', { error: describeError(error) });
    process.exit(1);
  },
);
