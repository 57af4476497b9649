import type { Hono } from 'hono';
import { createRelayBus } from '../../shared/bus/relay-bus.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createKubeClient } from '../../shared/kube/client.ts';
import { connectionFrom } from '../../shared/kube/connection.ts';
import type { FunctionPlace } from '../../shared/reconcile/function.ts';
import { createApiApp } from './app.ts';
import { ApiEnvironmentSchema } from './config.ts';

/** Throws `CONFIG_INVALID` when there is no token or no cluster: an API that cannot tell who asks must not start. */
export function createApp({ env, connection }: FunctionPlace): Hono {
  const config = loadConfig(ApiEnvironmentSchema, env);
  const { RELAY_URL: url, FUNCTION_TO_RELAY_SECRET: secret, SYMPOZIUM_UI_TOKEN: token, streamSeconds } = config;
  const now = () => new Date();
  const kube = createKubeClient(connection ?? connectionFrom(env));
  const bus = url !== undefined && secret !== undefined ? createRelayBus({ url, secret, now }) : undefined;
  return createApiApp({ kube, bus, token, streamSeconds, now });
}

export const handler = lambdaHandler(createApp);
