import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { relayCredentials } from '../../shared/bus/credentials.ts';
import { AppError } from '../../shared/errors.ts';
import { createKubeClient } from '../../shared/kube/client.ts';
import { connectionFromKubeconfig } from '../../shared/kube/connection.ts';
import { bundle, NODE_FLAGS, RELAY_ENVIRONMENT, ROOT } from '../bundle/bundle.ts';
import { readManifests } from '../host/functions.ts';
import { webhookConfigurations } from '../manifests/webhooks.ts';
import { createApplier, established, platformObjects } from './content/apply.ts';
import { chooseModel, firstInstance, type ModelChoice } from './content/objects.ts';
import { lock } from './lock.ts';
import { findNatsServer } from './nats/find.ts';
import { canConnect, writeNatsConfig } from './nats/server.ts';
import type { StartOptions } from './options.ts';
import { type ProcessSpec, type Supervised, supervise } from './processes.ts';
import { forget, isFree, loadState, type State, writePrivately } from './state.ts';
import { admissionEnvironment, makeWebhookIdentity } from './webhook-identity.ts';

const MANIFESTS = join(ROOT, 'infra/generated/functions.json');

/** A control plane that runs. */
export interface Running {
  url: string;
  token: string;
  kubeconfig: string;
  model: ModelChoice;
  stop(): Promise<void>;
}

/**
 * Brings the whole control plane up in `options.folder`: cluster, NATS, functions in the host, relay. `tell` hears each step.
 * When a step fails, what was started is ended again, and the error says which step and what to do.
 */
export async function start(options: StartOptions, tell: (message: string) => void): Promise<Running> {
  const folder = resolve(options.folder);
  const url = `http://127.0.0.1:${options.port}`;
  const held = await lock(folder, url);
  const running: Supervised[] = [];
  const stop = async () => {
    for (const one of running.reverse()) await one.stop();
    await held.release();
  };
  const run = async (spec: ProcessSpec) => {
    running.push(await supervise(spec, tell));
    await held.record(running.flatMap(({ pid }) => pid ?? []));
  };
  try {
    if (options.fresh) {
      await forget(folder);
      await lock(folder, url);
    }
    if (!(await isFree(options.port))) {
      throw new AppError(
        'CONFIG_INVALID',
        `Port ${options.port} is taken by another program; choose one: npm start -- --port ${options.port + 1}`,
      );
    }
    const state = await loadState(folder);
    await mkdir(join(folder, 'logs'), { recursive: true });
    const [nats] = await Promise.all([findNatsServer(tell), bundled(folder, tell)]);

    tell('Starting the cluster and NATS');
    const kubeconfig = join(folder, 'cluster', 'kubeconfig');
    await Promise.all([run(clusterSpec(folder, state, options)), run(await natsSpec(nats, folder, state))]);

    tell('Applying kinds and roles');
    const model = chooseModel(process.env);
    const kube = createKubeClient(connectionFromKubeconfig(kubeconfig));
    const apply = createApplier(kube, 'sympozium-start');
    const { crds, identities, content } = await platformObjects();
    await apply(crds);
    await established(kube, crds);
    await apply(identities);

    tell('Starting the functions and the relay');
    const env = functionEnvironment(folder, state, options);
    const webhook = await makeWebhookIdentity(join(folder, 'admission'));
    const relayEnv = { ...env, ...admissionEnvironment(webhook, state.ports.admission) };
    await Promise.all([run(hostSpec(folder, env)), run(relaySpec(folder, state, relayEnv, url))]);

    // Last, when there is somebody to ask about it.
    tell('Applying the built-in content and the first instance');
    const webhooks = webhookConfigurations(await readManifests(MANIFESTS), webhook.ca, (path) => ({
      url: `https://127.0.0.1:${state.ports.admission}${path}`,
    }));
    await apply([...webhooks, ...content, ...firstInstance(model)]);
    kube.close();
    await writePrivately(join(folder, 'client.json'), `${JSON.stringify({ url, token: state.apiToken })}\n`);
    return { url, token: state.apiToken, kubeconfig, model, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Each state folder has programs of its own, so that no other build changes what runs. */
async function bundled(folder: string, tell: (message: string) => void): Promise<void> {
  tell('Bundling the programs');
  await bundle(join(folder, 'dist'));
}

/** Of the starter's own environment, only what a program needs to run: no key of a model reaches a process that has no use for it. */
function baseEnvironment(): Record<string, string | undefined> {
  const { PATH, HOME, TMPDIR, TZ, LANG } = process.env;
  return { PATH, HOME, TMPDIR, TZ, LANG };
}

function clusterSpec(folder: string, state: State, { allowHostCommands }: StartOptions): ProcessSpec {
  const args = [
    join(ROOT, 'infra/local/cluster/main.ts'),
    ...['--data-dir', join(folder, 'cluster')],
    ...['--port', String(state.ports.cluster)],
    ...['--programs', join(folder, 'dist/pods')],
    ...(allowHostCommands ? ['--allow-host-commands'] : []),
    '--exit-with-parent',
  ];
  const env = { ...baseEnvironment(), CLUSTER_TOKEN: state.clusterToken };
  return {
    name: 'cluster',
    command: process.execPath,
    args,
    env,
    logFile: join(folder, 'logs/cluster.log'),
    ready: 'line',
  };
}

async function natsSpec(binary: string, folder: string, { ports, busSecret }: State): Promise<ProcessSpec> {
  const config = await writeNatsConfig({ port: ports.nats, folder: join(folder, 'nats'), secret: busSecret });
  await writePrivately(relayCredentialsFile(folder), relayCredentials(busSecret));
  const ready = () => canConnect(ports.nats);
  return {
    name: 'nats',
    command: binary,
    args: ['-c', config],
    env: baseEnvironment(),
    logFile: join(folder, 'logs/nats.log'),
    ready,
  };
}

const relayCredentialsFile = (folder: string): string => join(folder, 'nats/relay.creds');

function functionEnvironment(folder: string, state: State, { port }: StartOptions): Record<string, string | undefined> {
  return {
    ...baseEnvironment(),
    KUBECONFIG: join(folder, 'cluster', 'kubeconfig'),
    RELAY_URL: `http://127.0.0.1:${state.ports.relay}`,
    RELAY_TO_FUNCTION_SECRETS: state.relayToFunctionSecret,
    FUNCTION_TO_RELAY_SECRET: state.functionToRelaySecret,
    SYMPOZIUM_UI_TOKEN: state.apiToken,
    POD_EVENT_BUS_SECRET: state.busSecret,
    POD_EVENT_BUS_URL: `nats://127.0.0.1:${state.ports.nats}`,
    POD_MEMORY_SECRET: state.memorySecret,
    POD_MEMORY_URL: `http://127.0.0.1:${state.ports.memory}`,
    HOST_PORT: String(port),
    FUNCTION_IDENTITIES_NAMESPACE: 'sympozium-system',
    FUNCTIONS_DIR: join(folder, 'dist/functions'),
    FUNCTIONS_MANIFESTS: MANIFESTS,
  };
}

function hostSpec(folder: string, env: Record<string, string | undefined>): ProcessSpec {
  const args = [...NODE_FLAGS, join(folder, 'dist/host/main.js')];
  return { name: 'host', command: process.execPath, args, env, logFile: join(folder, 'logs/host.log'), ready: 'line' };
}

function relaySpec(
  folder: string,
  { ports, functionToRelaySecret, memorySecret }: State,
  env: Record<string, string | undefined>,
  url: string,
): ProcessSpec {
  const relay = {
    ...env,
    ...RELAY_ENVIRONMENT,
    RELAY_CONFIG: env['FUNCTIONS_MANIFESTS'],
    RELAY_PORT: String(ports.relay),
    FUNCTIONS_URL: url,
    FUNCTION_TO_RELAY_SECRETS: functionToRelaySecret,
    NATS_URL: `nats://127.0.0.1:${ports.nats}`,
    NATS_CREDS_FILE: relayCredentialsFile(folder),
    MEMORY_SECRETS: memorySecret,
    MEMORY_PORT: String(ports.memory),
    MEMORY_FOLDER: join(folder, 'memory'),
  };
  const args = [...NODE_FLAGS, join(folder, 'dist/relay/main.js')];
  return {
    name: 'relay',
    command: process.execPath,
    args,
    env: relay,
    logFile: join(folder, 'logs/relay.log'),
    ready: 'line',
  };
}
