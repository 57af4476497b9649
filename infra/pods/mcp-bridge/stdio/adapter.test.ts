import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, memoryLog } from '../../ipc/fixtures.ts';
import { type Connection, connect } from '../connection.ts';
import { runAdapter } from './adapter.ts';
import { loadAdapterConfig } from './config.ts';

/** A server that mixes log lines and messages nobody asked for into its output, and takes its time. */
const ODD_SERVER = `
const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
const cancelled = [];
const tools = {
  say: ({ text, delay = 0 }, answer) => setTimeout(answer, delay, text),
  die: () => process.exit(3),
  env: (_, answer) => answer(JSON.stringify(process.env)),
  args: (_, answer) => answer(JSON.stringify(process.argv.slice(1))),
  pid: (_, answer) => answer(String(process.pid)),
  cancelled: (_, answer) => answer(String(cancelled.length)),
};
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'notifications/cancelled') cancelled.push(params.requestId);
  if (method === 'initialize') {
    const { protocolVersion } = params;
    const capabilities = { tools: {}, logging: {} };
    say({ id, result: { protocolVersion, capabilities, serverInfo: { name: 'odd', version: '1' } } });
  }
  if (method === 'tools/list') say({ id, result: { tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' } })) } });
  if (method === 'tools/call') {
    console.log('Working on it');
    say({ method: 'notifications/message', params: { level: 'info', data: 'noise' } });
    tools[params.name](params.arguments ?? {}, (text) => say({ id, result: { content: [{ type: 'text', text }] } }));
  }
});
`;

interface Running {
  url: string;
  ended: Promise<void>;
  stop(): void;
  status(path: string): Promise<number>;
  post(body: object): Promise<Response>;
}

async function anAdapter(env: Record<string, string>, firstDelayMs = 300): Promise<Running> {
  const stop = new AbortController();
  const config = loadAdapterConfig({ PATH: process.env['PATH'], STDIO_PORT: '0', ...env });
  let ended: Promise<void> = Promise.resolve();
  const port = await new Promise<number>((listening) => {
    ended = runAdapter({ config, log: memoryLog(), stop: stop.signal, firstDelayMs, listening });
  });
  onTestFinished(() => {
    stop.abort();
    return ended;
  });
  const url = `http://127.0.0.1:${port}/`;
  const status = async (path: string) => (await fetch(new URL(path, url))).status;
  const post = (body: object) => fetch(url, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', ...body }) });
  await eventually(async () => (await status('/readyz')) === 200);
  return { url, ended, stop: () => stop.abort(), status, post };
}

const odd = (env: Record<string, string> = {}) =>
  anAdapter({ STDIO_CMD: process.execPath, STDIO_ARGS_JSON: JSON.stringify(['-e', ODD_SERVER]), ...env });

async function connected(url: string): Promise<Connection> {
  const server = { name: 'a', url, toolsPrefix: 'p', timeoutMs: 5000, headers: {}, toolsAllow: [], toolsDeny: [] };
  const connection = await connect(server, { timeoutMs: 5000, signal: new AbortController().signal });
  onTestFinished(() => connection.close());
  return connection;
}

const NEVER = new AbortController().signal;

async function textOf(connection: Connection, tool: string, input = {}, signal = NEVER): Promise<string> {
  const { content } = await connection.call({ tool, input }, signal);
  return content[0]?.type === 'text' ? content[0].text : '';
}

const entryOf = (server: string) => join(process.cwd(), `node_modules/@modelcontextprotocol/${server}/dist/index.js`);

describe('the adapter', () => {
  it('serves the tools of server-everything', async () => {
    const { url } = await anAdapter({
      STDIO_CMD: process.execPath,
      STDIO_ARGS: `${entryOf('server-everything')},stdio`,
    });
    const connection = await connected(url);
    expect(connection.tools.map(({ name }) => name)).toContain('echo');
    expect(await textOf(connection, 'echo', { message: 'hello' })).toContain('hello');
  });

  it('serves the tools of server-filesystem', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'a.txt'), 'the content');
    const { url } = await anAdapter({
      STDIO_CMD: process.execPath,
      STDIO_ARGS: `${entryOf('server-filesystem')},${folder}`,
    });
    const connection = await connected(url);
    expect(await textOf(connection, 'read_text_file', { path: join(folder, 'a.txt') })).toBe('the content');
    expect(await textOf(connection, 'read_text_file', { path: '/etc/hostname' })).toContain('denied');
  });

  it('gives each caller its own answer, whatever the order and whatever else the server prints [CTL-WM4]', async () => {
    const { url } = await odd();
    const callers = await Promise.all([connected(url), connected(url), connected(url)]);
    const texts = Array.from({ length: 30 }, (_, n) => `answer ${n}`);
    const answers = texts.map((text, n) => textOf(callers[n % 3] as Connection, 'say', { text, delay: (30 - n) * 10 }));
    expect(await Promise.all(answers)).toEqual(texts);
  });

  it('answers with 503 while its child is dead, and again once it was started anew [CTL-137]', async () => {
    const { url, status, post } = await odd();
    const connection = await connected(url);
    await expect(connection.call({ tool: 'die', input: {} }, NEVER)).rejects.toThrow('closed');
    expect([await status('/healthz'), await status('/readyz')]).toEqual([503, 503]);
    expect((await post({ id: 1, method: 'tools/list' })).status).toBe(503);
    await eventually(async () => (await status('/readyz')) === 200);
    expect(await textOf(connection, 'say', { text: 'back' })).toBe('back');
  });

  it('waits longer from failure to failure, and answers meanwhile [CTL-137]', async () => {
    const { url, status } = await odd();
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const connection = await connected(url);
      await expect(connection.call({ tool: 'die', input: {} }, NEVER)).rejects.toThrow('closed');
      const startedAt = Date.now();
      expect(await status('/healthz')).toBe(503);
      await eventually(async () => (await status('/readyz')) === 200);
      times.push(Date.now() - startedAt);
    }
    expect(times[1]).toBeGreaterThan(550);
    expect(times[2]).toBeGreaterThan(1150);
  });

  it('does not become ready when its program cannot be started', async () => {
    const stop = new AbortController();
    const config = loadAdapterConfig({ STDIO_PORT: '0', STDIO_CMD: '/no/such/program' });
    const port = await new Promise<number>((listening) => {
      const ended = runAdapter({ config, log: memoryLog(), stop: stop.signal, listening });
      onTestFinished(() => {
        stop.abort();
        return ended;
      });
    });
    await eventually(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).status === 503);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503);
  });

  it('answers probes and other calls at once during a long call [CTL-WM3]', async () => {
    const { url, status } = await odd();
    const connection = await connected(url);
    const long = textOf(connection, 'say', { text: 'long', delay: 1500 });
    const startedAt = Date.now();
    expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 200]);
    expect(await textOf(connection, 'say', { text: 'short' })).toBe('short');
    expect(Date.now() - startedAt).toBeLessThan(1000);
    expect(await long).toBe('long');
  });

  it('tells the server when a caller has gone [CTL-WM4]', async () => {
    const { url } = await odd();
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'say', arguments: { delay: 60_000 } } };
    const signal = AbortSignal.timeout(300);
    await expect(fetch(url, { method: 'POST', body: JSON.stringify(body), signal })).rejects.toThrow();
    const connection = await connected(url);
    await eventually(async () => (await textOf(connection, 'cancelled')) === '1');
  });

  it('takes requests without a session, as clients of the original make them', async () => {
    const { post } = await odd();
    const answer = await (await post({ id: 7, method: 'tools/list' })).json();
    expect(answer).toMatchObject({ id: 7, result: { tools: expect.any(Array) } });
  });

  it('lets no caller change what others see, and opens no streams', async () => {
    const { post, status } = await odd();
    const answer = await (await post({ id: 1, method: 'logging/setLevel', params: { level: 'debug' } })).json();
    expect(answer).toMatchObject({ id: 1, error: { code: -32601 } });
    expect(await status('/')).toBe(405);
  });

  it('gives the server what is meant for it, and nothing else of its environment', async () => {
    const { url } = await odd({
      STDIO_ENV_API_TOKEN: 'for-the-server',
      LC_ALL: 'C',
      SECRET_OF_OURS: 'x',
      LD_LIBRARY_PATH: '/x',
    });
    const env = JSON.parse(await textOf(await connected(url), 'env'));
    expect(env).toMatchObject({ API_TOKEN: 'for-the-server', LC_ALL: 'C', PATH: expect.any(String) });
    for (const name of ['SECRET_OF_OURS', 'LD_LIBRARY_PATH', 'STDIO_CMD', 'STDIO_ENV_API_TOKEN']) {
      expect(env).not.toHaveProperty(name);
    }
  });

  it('ends its child with itself, after the calls under way', async () => {
    const { url, stop, ended } = await odd();
    const connection = await connected(url);
    const pid = Number(await textOf(connection, 'pid'));
    const late = textOf(connection, 'say', { text: 'late', delay: 400 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    stop();
    expect(await late).toBe('late');
    await ended;
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe('the configuration of the adapter', () => {
  it('splits arguments at commas, but for those that come as JSON', () => {
    const args = (env: Record<string, string>) => loadAdapterConfig({ STDIO_CMD: 'x', ...env }).args;
    expect(args({ STDIO_ARGS: 'a,b' })).toEqual(['a', 'b']);
    expect(args({ STDIO_ARGS: 'a,b', STDIO_ARGS_JSON: '["a,b"]' })).toEqual(['a,b']);
    expect(args({})).toEqual([]);
    expect(() => args({ STDIO_ARGS_JSON: '{"a":1}' })).toThrow('STDIO_ARGS_JSON must be a JSON array of strings');
  });

  it('needs a program and a port that can be', () => {
    expect(() => loadAdapterConfig({})).toThrow('STDIO_CMD must name');
    expect(() => loadAdapterConfig({ STDIO_CMD: 'x', STDIO_PORT: 'http' })).toThrow('STDIO_PORT must be');
    expect(loadAdapterConfig({ STDIO_CMD: 'x' })).toMatchObject({ port: 8080, name: 'stdio-mcp-server' });
  });
});
