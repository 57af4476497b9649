import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle, NODE_FLAGS, RELAY_ENVIRONMENT, ROOT } from '../../infra/bundle/bundle.ts';
import { freePort } from '../../infra/local/free-port.ts';
import { findNatsServer } from '../../infra/local/nats/find.ts';
import { canConnect, writeNatsConfig } from '../../infra/local/nats/server.ts';
import { type ProcessSpec, type Supervised, supervise } from '../../infra/local/processes.ts';
import { loadState, type State } from '../../infra/local/state.ts';
import { admissionEnvironment, makeWebhookIdentity } from '../../infra/local/webhook-identity.ts';
import { endWithBench } from './children.ts';

/** NATS, host and relay of a cluster, each a process of its own, as `npm start` runs them. */
export interface ControlPlane {
  /** The REST API. */
  url: string;
  token: string;
  relayUrl: string;
  /** Where agents reach their memories, and the key that addresses are made from. */
  memory: { url: string; secret: string };
  /** Where the API server may ask about objects, and the certificate authority to trust there. */
  admission: { url: string; ca: string };
  relayPid(): number | undefined;
  hostPid(): number | undefined;
  restartRelay(): Promise<void>;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Folder of state, logs and bundles. */
  folder: string;
  /** Kubeconfigs of relay and host; they differ where their requests are counted apart. */
  kubeconfigs: { relay: string; host: string };
  tell: (message: string) => void;
  cpuProfiles?: string | undefined;
}

type Environment = Record<string, string | undefined>;

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { folder, tell } = options;
  await mkdir(join(folder, 'logs'), { recursive: true });
  const dist = join(folder, 'dist');
  const state = await loadState(folder);
  const apiPort = await freePort();
  const [binary] = await Promise.all([findNatsServer(tell), bundle(dist)]);
  const running: Supervised[] = [];
  const run = async (spec: ProcessSpec) => {
    const one = await supervise(spec, tell);
    endWithBench(one);
    running.push(one);
    return one;
  };
  const url = `http://127.0.0.1:${apiPort}`;
  const env = environment(state, url, dist);
  const program = (name: 'host' | 'relay', own: Environment): ProcessSpec => ({
    name,
    command: process.execPath,
    args: [...NODE_FLAGS, ...profile(options.cpuProfiles, name), join(dist, name, 'main.js')],
    env: { ...env, ...own, KUBECONFIG: options.kubeconfigs[name] },
    logFile: join(folder, 'logs', `${name}.log`),
    ready: 'line',
  });
  const webhook = await makeWebhookIdentity(join(folder, 'admission'));
  const relaySpec = program('relay', {
    ...relayEnvironment(folder, state, url, env),
    ...admissionEnvironment(webhook, state.ports.admission),
  });
  const stop = async () => {
    for (const one of running.reverse()) await one.stop();
  };
  try {
    await run(await natsSpec(binary, folder, state));
    const host = await run(program('host', { HOST_PORT: String(apiPort) }));
    let relay = await run(relaySpec);
    return {
      url,
      token: state.apiToken,
      memory: { url: `http://127.0.0.1:${state.ports.memory}`, secret: state.memorySecret },
      admission: { url: `https://127.0.0.1:${state.ports.admission}`, ca: webhook.ca },
      relayUrl: `http://127.0.0.1:${state.ports.relay}`,
      relayPid: () => relay.pid,
      hostPid: () => host.pid,
      async restartRelay() {
        await relay.stop();
        running.splice(running.indexOf(relay), 1);
        relay = await run(relaySpec);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function environment({ ports, ...state }: State, url: string, dist: string): Environment {
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    ...{ PATH, HOME, TMPDIR },
    RELAY_URL: `http://127.0.0.1:${ports.relay}`,
    FUNCTIONS_URL: url,
    RELAY_TO_FUNCTION_SECRETS: state.relayToFunctionSecret,
    FUNCTION_TO_RELAY_SECRET: state.functionToRelaySecret,
    SYMPOZIUM_UI_TOKEN: state.apiToken,
    POD_EVENT_BUS_URL: `nats://127.0.0.1:${ports.nats}`,
    POD_MEMORY_SECRET: state.memorySecret,
    POD_MEMORY_URL: `http://127.0.0.1:${ports.memory}`,
    FUNCTION_IDENTITIES_NAMESPACE: 'sympozium-system',
    FUNCTIONS_DIR: join(dist, 'functions'),
    FUNCTIONS_MANIFESTS: join(ROOT, 'infra/generated/functions.json'),
  };
}

function relayEnvironment(folder: string, { ports, ...state }: State, url: string, env: Environment): Environment {
  return {
    ...RELAY_ENVIRONMENT,
    RELAY_CONFIG: env['FUNCTIONS_MANIFESTS'],
    RELAY_PORT: String(ports.relay),
    FUNCTIONS_URL: url,
    FUNCTION_TO_RELAY_SECRETS: state.functionToRelaySecret,
    NATS_URL: `nats://127.0.0.1:${ports.nats}`,
    MEMORY_SECRETS: state.memorySecret,
    MEMORY_PORT: String(ports.memory),
    MEMORY_FOLDER: join(folder, 'memory'),
  };
}

async function natsSpec(binary: string, folder: string, { ports }: State): Promise<ProcessSpec> {
  const config = await writeNatsConfig({ port: ports.nats, folder: join(folder, 'nats') });
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    name: 'nats',
    command: binary,
    args: ['-c', config],
    env: { PATH, HOME, TMPDIR },
    logFile: join(folder, 'logs/nats.log'),
    ready: () => canConnect(ports.nats),
  };
}

function profile(folder: string | undefined, name: string): string[] {
  return folder === undefined
    ? []
    : ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-name', `${name}-${Date.now()}.cpuprofile`];
}
