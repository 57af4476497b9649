import { serve } from '@hono/node-server';
import { loadConfig } from '../../shared/config/load.ts';
import { AppError } from '../../shared/errors.ts';
import { createKubeClient } from '../../shared/kube/client.ts';
import { connectionFrom } from '../../shared/kube/connection.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';
import type { FunctionPlace } from '../../shared/reconcile/function.ts';
import { log } from '../../shared/telemetry/log.ts';
import { createHostApp } from './app.ts';
import { HostEnvironmentSchema } from './config.ts';
import { loadFunctions } from './functions.ts';
import { serviceAccountToken } from './identity.ts';
import { startSchedules } from './schedule.ts';

const config = loadConfig(HostEnvironmentSchema, process.env);
const functions = await loadFunctions(config.FUNCTIONS_DIR, config.FUNCTIONS_MANIFESTS, placeOf());
const [tickSecret] = config.RELAY_TO_FUNCTION_SECRETS;
if (tickSecret === undefined) throw new AppError('CONFIG_INVALID', 'RELAY_TO_FUNCTION_SECRETS must hold a secret');
const stopSchedules = startSchedules(functions, tickSecret.reveal());

const server = serve(
  { fetch: createHostApp(functions).fetch, hostname: config.HOST_ADDRESS, port: config.HOST_PORT },
  ({ port }) => {
    process.stdout.write(`${JSON.stringify({ ready: true, url: `http://${config.HOST_ADDRESS}:${port}` })}\n`);
  },
);
server.on('error', (error: NodeJS.ErrnoException) => {
  log('error', 'Could not listen', { port: config.HOST_PORT, error: error.message });
  process.exitCode = 1;
  stopSchedules();
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);

/** Lets passes that are under way finish: they have deadlines of their own. */
function stop(): void {
  stopSchedules();
  server.close(() => process.exit(0));
}

function placeOf(): (manifest: FunctionManifest) => FunctionPlace {
  const { FUNCTION_IDENTITIES_NAMESPACE: namespace } = config;
  if (namespace === undefined) return () => ({ env: process.env });
  const own = connectionFrom(process.env);
  const kube = createKubeClient(own);
  return ({ name }) => {
    const { server, ca, skipTlsVerify } = own;
    const token = serviceAccountToken(kube, namespace, name);
    const connection = {
      server,
      token,
      ...(ca !== undefined && { ca }),
      ...(skipTlsVerify !== undefined && { skipTlsVerify }),
    };
    return { env: process.env, connection };
  };
}
