import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aPod, memoryLog } from '../../ipc/fixtures.ts';
import { loadConfig } from '../config.ts';
import { scriptedRun } from '../fixtures.ts';
import { memoryContext } from '../memory-context.ts';
import { buildTools } from './registry.ts';

const SIGNAL = new AbortController().signal;

interface Seen {
  path: string;
  body: unknown;
}

/** A memory server that answers what it is told to, and keeps what it was asked. `drops` connections are cut first. */
async function aMemoryServer(content: unknown, { status = 200, drops = 0 } = {}) {
  const seen: Seen[] = [];
  let dropped = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    if (dropped < drops) {
      dropped += 1;
      request.socket.destroy();
      return;
    }
    seen.push({ path: request.url ?? '', body: text === '' ? undefined : JSON.parse(text) });
    const answer = status === 200 ? { success: true, content } : { success: false, error: content };
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(answer)}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/memory/token-of-it`, seen };
}

async function toolsOf(env: Record<string, string>) {
  const pod = await aPod();
  return buildTools({ config: loadConfig(env), paths: pod.paths, log: memoryLog(), startedAt: 0 });
}

async function call(env: Record<string, string>, name: string, input: object): Promise<string> {
  const tool = (await toolsOf(env)).find((one) => one.name === name);
  if (tool === undefined) throw new Error(`No tool ${name}`);
  return tool.execute(input, SIGNAL);
}

const at = '2026-01-02T03:04:05Z';
const ENTRIES = [
  { id: 7, content: 'Kafka lags on Mondays', tags: ['ops', 'kafka'], created_at: at, updated_at: at },
  { id: 3, content: 'Deploys on Tuesdays', created_at: at, updated_at: at },
];

describe('the memory tools', () => {
  it('are offered where there is a memory; a team member that may only read is not offered to store', async () => {
    const names = async (env: Record<string, string>) =>
      (await toolsOf(env)).map(({ name }) => name).filter((name) => name.includes('memory'));
    expect(await names({})).toEqual([]);
    expect(await names({ MEMORY_SERVER_URL: 'http://m' })).toEqual(['memory_search', 'memory_store', 'memory_list']);
    const shared = { WORKFLOW_MEMORY_SERVER_URL: 'http://w', WORKFLOW_MEMORY_ACCESS: 'read-only' };
    expect(await names(shared)).toEqual(['workflow_memory_search', 'workflow_memory_list']);
  });

  it('show entries as text that a model can read', async () => {
    const { url, seen } = await aMemoryServer(ENTRIES);
    expect(await call({ MEMORY_SERVER_URL: url }, 'memory_search', { query: 'kafka', top_k: 2 })).toBe(
      `**Memory #7** (${at}) [ops, kafka]\nKafka lags on Mondays\n---\n**Memory #3** (${at})\nDeploys on Tuesdays`,
    );
    expect(seen).toEqual([{ path: '/memory/token-of-it/search', body: { query: 'kafka', top_k: 2 } }]);
  });

  it('escape what they put into a query [API-W19]', async () => {
    const { url, seen } = await aMemoryServer([]);
    await call({ MEMORY_SERVER_URL: url }, 'memory_list', { tags: 'a b&limit=9', limit: 4 });
    expect(seen[0]?.path).toBe('/memory/token-of-it/list?tags=a+b%26limit%3D9&limit=4');
  });

  it("sign what is stored for the team with the instance's name", async () => {
    const { url, seen } = await aMemoryServer({ id: 1, stored_at: at });
    const env = { WORKFLOW_MEMORY_SERVER_URL: url, INSTANCE_NAME: 'crew-lead' };
    const answer = await call(env, 'workflow_memory_store', { content: 'fact', tags: ['x'] });
    expect(answer).toBe(`{"id":1,"stored_at":"${at}"}`);
    expect(seen[0]?.body).toEqual({ content: 'fact', tags: ['x', 'crew-lead'] });
  });

  it('try again when the server cannot be reached, and tell the model when it refuses', async () => {
    const flaky = await aMemoryServer([], { drops: 1 });
    expect(await call({ MEMORY_SERVER_URL: flaky.url }, 'memory_list', {})).toBe('Nothing was found.');
    const refusing = await aMemoryServer('read-only', { status: 403 });
    await expect(call({ MEMORY_SERVER_URL: refusing.url }, 'memory_store', { content: 'x' })).rejects.toThrow(
      'Memory server returned 403: {"success":false,"error":"read-only"}',
    );
    expect(refusing.seen).toHaveLength(1);
  });
});

describe('what a run recalls', () => {
  const configOf = (env: Record<string, string>) => loadConfig({ TASK: 'Look at the kafka lag. '.repeat(20), ...env });

  it('the three entries that fit best to the beginning of the task, as many as fit [API-W56]', async () => {
    const own = await aMemoryServer(ENTRIES);
    const long = { ...ENTRIES[0], id: 9, content: 'x'.repeat(900) };
    const shared = await aMemoryServer([ENTRIES[1], long]);
    const env = { MEMORY_SERVER_URL: own.url, WORKFLOW_MEMORY_SERVER_URL: shared.url };
    const [first, second, ...none] = await memoryContext(configOf(env), memoryLog(), SIGNAL);
    expect(first).toContain('Kafka lags on Mondays');
    expect(second).toContain('Deploys on Tuesdays');
    expect(second).not.toContain('xxx');
    expect(none).toEqual([]);
    const query = 'Look at the kafka lag. '.repeat(20).slice(0, 200);
    expect(own.seen.map(({ body }) => body)).toEqual([{ query, top_k: 3 }]);
  });

  it('a memory that cannot be had costs the run its context and nothing else', async () => {
    const env = { MEMORY_SERVER_URL: 'http://127.0.0.1:1/memory/secret-token' };
    expect(await memoryContext(configOf(env), memoryLog(), SIGNAL)).toEqual([]);
    const outcome = await scriptedRun(await aPod(), 'Say hello.', env);
    expect(outcome.status).toBe('success');
  });

  it('the address of a memory is a secret of the run [API-W57]', () => {
    const config = configOf({ MEMORY_SERVER_URL: 'http://relay/memory/abc' });
    expect(config.secrets).toContain('http://relay/memory/abc');
  });
});
