import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { bundle, ROOT } from '../../infra/bundle/bundle.ts';
import { freePort } from '../../infra/local/free-port.ts';
import { aPod, eventually, type PodFolders } from '../../infra/pods/ipc/fixtures.ts';

let programs: string;

beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), 'mcp-programs-'));
  await bundle(programs);
  return () => rm(programs, { recursive: true });
}, 60_000);

interface Program {
  child: ChildProcess;
  ended: Promise<number | null>;
  log(): string;
}

function start(command: string, args: string[], env: Record<string, string>): Program {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  const hear = (chunk: Buffer) => {
    log += chunk.toString();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return { child, ended: new Promise((resolve) => child.once('close', resolve)), log: () => log };
}

/** A bundled program of a pod, as its container would run it. */
const inPod = (name: string, pod: PodFolders, env: Record<string, string> = {}, args: string[] = []) =>
  start(process.execPath, [join(programs, `pods/${name}.js`), ...args], { ...pod.env, ...env });

async function configured(pod: PodFolders, servers: object[]): Promise<Record<string, string>> {
  await writeFile(pod.paths.toHost('/tmp/servers.yaml'), JSON.stringify({ servers }));
  return { MCP_CONFIG_PATH: '/tmp/servers.yaml' };
}

/** `server-everything` behind an adapter that was installed into a folder, as in the pod of an MCPServer. */
async function anInstalledServer(): Promise<{ url: string; adapter: Program }> {
  const folder = await mkdtemp(join(tmpdir(), 'adapter-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await promisify(execFile)(process.execPath, [join(programs, 'pods/mcp-bridge.js'), '--install', folder]);
  const port = await freePort();
  const server = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
  const adapter = start(join(folder, 'mcp-bridge'), ['--stdio-adapter'], {
    LD_LIBRARY_PATH: join(folder, 'lib'),
    STDIO_CMD: process.execPath,
    STDIO_ARGS: `${server},stdio`,
    STDIO_PORT: String(port),
  });
  const url = `http://127.0.0.1:${port}/`;
  await eventually(() =>
    fetch(`${url}readyz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { url, adapter };
}

describe('a run with an MCP server', () => {
  it('calls a tool of a real one through manifest, bridge and adapter, and ends all of them [RUN-W57] [CTL-WM2]', async () => {
    const pod = await aPod();
    const { url, adapter } = await anInstalledServer();
    const env = await configured(pod, [
      { name: 'all', url, toolsPrefix: 'all', timeout: 10, toolsDeny: ['get-env'] },
      { name: 'dead', url: 'http://127.0.0.1:9/', toolsPrefix: 'dead' },
    ]);
    // The agent does not wait for the bridge, as in a pod where that starts last.
    expect(await inPod('mcp-bridge', pod, { ...env, MCP_DISCOVER_ONLY: 'true' }).ended).toBe(0);
    const agent = inPod('agent-runner', pod, {
      MODEL_PROVIDER: 'scripted',
      MCP_ENABLED: 'true',
      AGENT_RUN_ID: 'run-1',
      TASK: '[[call: all_echo {"message":"over MCP"}]][[call: all_get-env {}]]',
    });
    await eventually(() => agent.log().includes('all_echo') || agent.child.exitCode === null);
    const bridge = inPod('mcp-bridge', pod, env);
    expect(await agent.ended).toBe(0);
    expect(await bridge.ended).toBe(0);
    const result = JSON.parse(await readFile(pod.paths.toHost('/ipc/output/result.json'), 'utf8'));
    expect(result).toMatchObject({ status: 'success', response: expect.stringContaining('over MCP') });
    adapter.child.kill('SIGTERM');
    expect(await adapter.ended).toBe(0);
  });

  it('finds a bridge that ends well without servers, and at SIGTERM [CTL-136]', async () => {
    const pod = await aPod();
    const none = { MCP_CONFIG_PATH: '/tmp/none.yaml' };
    expect(await inPod('mcp-bridge', pod, none).ended).toBe(0);
    expect(await inPod('mcp-bridge', pod, { ...none, MCP_DISCOVER_ONLY: 'true' }).ended).toBe(0);
    expect(await inPod('mcp-bridge', pod, await configured(pod, [])).ended).toBe(0);
    const env = await configured(pod, [{ name: 'dead', url: 'http://127.0.0.1:9/', toolsPrefix: 'dead' }]);
    const bridge = inPod('mcp-bridge', pod, env);
    await eventually(() => bridge.log().includes('Serving'));
    bridge.child.kill('SIGTERM');
    expect(await bridge.ended).toBe(0);
  });

  it('finds a bridge that fails and says what is wrong with its configuration [CTL-135]', async () => {
    const pod = await aPod();
    const env = await configured(pod, [{ name: 'a', url: 'http://a/', toolsPrefix: 'p', transport: 'stdio' }]);
    const bridge = inPod('mcp-bridge', pod, env);
    expect(await bridge.ended).toBe(1);
    expect(bridge.log()).toContain('servers[0].transport: must be streamable-http');
    const adapter = inPod('mcp-bridge', pod, {}, ['--stdio-adapter']);
    expect(await adapter.ended).toBe(1);
    expect(adapter.log()).toContain('STDIO_CMD must name');
  });
});
