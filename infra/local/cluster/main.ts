/**
 * The embedded cluster as a program. Options, each also as an environment variable `CLUSTER_…`:
 *
 *   --data-dir DIR         state (`CLUSTER_DATA_DIR`, default .sympozium/cluster)
 *   --port N               of the API server (`CLUSTER_PORT`, default any free one)
 *   --token TEXT           of the administrator (`CLUSTER_TOKEN`, default made up once)
 *   --programs DIR         bundles of the images that can run, `<image name>.js` (`CLUSTER_PROGRAMS`, default dist/pods)
 *   --isolation KIND       none, bwrap or unshare (`CLUSTER_ISOLATION`, default the strongest that works)
 *   --allow-host-commands  let containers run the host's commands even without isolation (`CLUSTER_ALLOW_HOST_COMMANDS=true`)
 *   --allow-host-path      let pods mount folders of this machine (`CLUSTER_ALLOW_HOST_PATH=true`)
 *   --exit-with-parent     end when standard input closes
 *
 * Once it serves, it prints one line of JSON: `{"ready":true,"url":…,"kubeconfig":…,"isolation":…}`. It ends, and ends
 * all pods, on SIGTERM and SIGINT.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startCluster } from './cluster.ts';
import { programImages } from './kubelet/images.ts';
import type { IsolationKind } from './kubelet/isolation.ts';

const KINDS: IsolationKind[] = ['none', 'bwrap', 'unshare'];

const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    port: { type: 'string' },
    token: { type: 'string' },
    programs: { type: 'string' },
    isolation: { type: 'string' },
    'allow-host-commands': { type: 'boolean' },
    'allow-host-path': { type: 'boolean' },
    'exit-with-parent': { type: 'boolean' },
  },
});

function option(name: keyof typeof values): string | undefined {
  const given = values[name] ?? process.env[`CLUSTER_${name.toUpperCase().replaceAll('-', '_')}`];
  return given === undefined || given === '' ? undefined : String(given);
}

function isolationOption(): IsolationKind | undefined {
  const text = option('isolation');
  const kind = KINDS.find((known) => known === text);
  if (text !== undefined && kind === undefined) throw new Error(`--isolation must be one of ${KINDS.join(', ')}`);
  return kind;
}

const token = option('token');
const isolation = isolationOption();
const cluster = await startCluster({
  dataDir: resolve(option('data-dir') ?? '.sympozium/cluster'),
  port: Number(option('port') ?? 0),
  ...(token !== undefined && { token }),
  ...(isolation !== undefined && { isolation }),
  images: programImages({
    programs: resolve(option('programs') ?? 'dist/pods'),
    names: ['agent-runner', 'ipc-bridge', 'mcp-bridge', 'skill-executor', 'skill-*', 'sandbox'],
    // Skills run commands that an agent chose; they reach the network only when their pod asks for it.
    withoutNetwork: ['skill-*', 'sandbox'],
    programFor: { 'skill-*': 'skill-executor', sandbox: 'skill-executor' },
    shells: ['busybox'],
  }),
  allowHostCommands: option('allow-host-commands') === 'true',
  allowHostPath: option('allow-host-path') === 'true',
  log: (message) => process.stderr.write(`${new Date().toISOString()} ${message}\n`),
});

let ending = false;
function end(): void {
  if (ending) return;
  ending = true;
  void cluster.close().then(() => process.exit(0));
}
process.on('SIGTERM', end);
process.on('SIGINT', end);
if (option('exit-with-parent') === 'true') {
  process.stdin.once('end', end).once('close', end).resume();
}
const { url, kubeconfig } = cluster;
process.stdout.write(`${JSON.stringify({ ready: true, url, kubeconfig, isolation: cluster.isolation })}\n`);
