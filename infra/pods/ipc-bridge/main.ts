import { inboxOf } from '../../../shared/bus/subjects.ts';
import '../ipc/node-require.ts';
import { createLog, describeError, redactor } from '../ipc/log.ts';
import { pathMapFrom } from '../ipc/paths.ts';
import { runBridge } from './bridge.ts';
import { loadBridgeConfig } from './config.ts';
import { createNatsBus } from './nats-bus.ts';

/** The sidecar between a run's `/ipc` folder and the event bus (agentrun.md 6.2). */
const plainLog = createLog('ipc-bridge');

async function main(): Promise<number> {
  const config = loadBridgeConfig(process.env, process.argv.slice(2));
  const log = createLog('ipc-bridge', redactor([config.credentials]));
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort());
  process.on('SIGINT', () => stop.abort());
  const bus = createNatsBus({
    url: config.busUrl,
    credentials: config.credentials,
    name: `ipc-bridge ${config.run.namespace}/${config.run.id}`,
    ...(config.runUid !== '' && { inboxPrefix: inboxOf(config.runUid) }),
    log,
  });
  const ipc = pathMapFrom(process.env).toHost(config.ipcPath);
  const ended = await runBridge({ ipc, config, bus, log, stop: stop.signal });
  log.info('Ended', { reason: ended });
  await bus.close();
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    plainLog.error('Bridge failed', { error: describeError(error) });
    process.exit(1);
  },
);
