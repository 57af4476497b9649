import { log } from '../../shared/telemetry/log.ts';
import { startTracing } from '../../shared/telemetry/otel.ts';
import { loadRelayConfig } from './config.ts';
import { relayConnection } from './kube-connection.ts';
import { systemClock } from './queue/clock.ts';
import { startRelay, whenSynced } from './relay.ts';

/** How long passes under way may take to end once the process is told to. */
const DRAIN_MS = 10_000;

async function main(): Promise<void> {
  const config = loadRelayConfig(process.env);
  const connection = await relayConnection(process.env);
  const tracing = await startTracing('sympozium-relay', process.env).catch((error: unknown) => {
    // Passes matter more than their traces.
    log('warn', 'Could not start tracing', { error: String(error) });
    return undefined;
  });
  const relay = await startRelay({ config, connection, tracing });

  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log('info', 'Stopping', { signal });
    // Whatever is cut here is done again after the next start, since every object then gets a pass.
    setTimeout(() => process.exit(0), DRAIN_MS).unref();
    await relay.stop();
    await tracing?.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));

  await whenSynced(relay, (what) => what !== 'nats', systemClock);
  if (!stopping) process.stdout.write(`${JSON.stringify({ ready: true, url: relay.url })}\n`);
}

main().catch((error: unknown) => {
  log('error', 'Could not start', { error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
});
