import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aPod, memoryLog } from '../ipc/fixtures.ts';
import { EMPTY_METRICS } from '../ipc/protocol.ts';
import { loadConfig } from './config.ts';
import { type LoopOutcome, reportOutcome } from './outcome.ts';

const success = (response: string): LoopOutcome => ({ status: 'success', response, metrics: EMPTY_METRICS });

/** Reports an outcome and keeps what was printed, with what lay in `/ipc` at that time. */
async function report(outcome: LoopOutcome, env: Record<string, string> = {}) {
  const pod = await aPod();
  const ipc = pod.paths.toHost('/ipc');
  const printed: { line: string; done: string }[] = [];
  const print = async (line: string) => {
    printed.push({ line, done: await readFile(`${ipc}/done`, 'utf8').catch(() => '') });
  };
  const code = await reportOutcome(outcome, loadConfig({ TASK: 'the task', ...env }), { ipc, print, log: memoryLog() });
  const file = await readFile(`${ipc}/output/result.json`, 'utf8');
  return { code, printed, file, done: await readFile(`${ipc}/done`, 'utf8') };
}

async function memoryServer() {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    bodies.push(`${request.method} ${request.url} ${body}`);
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { bodies, url: `http://127.0.0.1:${port}` };
}

describe('reporting an outcome', () => {
  it('writes result and done before it prints the marker', async () => {
    const { code, printed, file, done } = await report(success('hello'));
    expect(code).toBe(0);
    expect(file).toBe(JSON.stringify({ status: 'success', response: 'hello', metrics: EMPTY_METRICS }, null, 2));
    expect(done).toBe('done');
    expect(printed).toEqual([
      { done: 'done', line: expect.stringMatching(/^__SYMPOZIUM_RESULT__\{.*\}__SYMPOZIUM_END__$/) },
    ]);
  });

  it('exits with 1 and leaves the response out when the run failed', async () => {
    const { code, file } = await report({ status: 'error', error: 'no luck', metrics: EMPTY_METRICS });
    expect(code).toBe(1);
    expect(JSON.parse(file)).toEqual({ status: 'error', error: 'no luck', metrics: EMPTY_METRICS });
  });

  it('prints the legacy memory first and takes it out of the response', async () => {
    const response = 'Hi.\n__SYMPOZIUM_MEMORY__line 1\nline 2__SYMPOZIUM_MEMORY_END__';
    const { printed, file } = await report(success(response), { MEMORY_ENABLED: 'true' });
    expect(printed[0]).toEqual({ done: '', line: '__SYMPOZIUM_MEMORY__line 1\nline 2__SYMPOZIUM_MEMORY_END__' });
    expect(JSON.parse(file).response).toBe('Hi.');
  });

  it('keeps the memory block in the response when debugging', async () => {
    const response = 'Hi.__SYMPOZIUM_MEMORY__m__SYMPOZIUM_MEMORY_END__';
    const { file } = await report(success(response), { MEMORY_ENABLED: 'true', DEBUG: 'true' });
    expect(JSON.parse(file).response).toBe(response);
  });

  it('stores an automatic memory, shortened, when there is a memory server', async () => {
    const server = await memoryServer();
    await report(success('r'.repeat(2000)), { MEMORY_SERVER_URL: server.url, TASK: 't'.repeat(600) });
    const content = `Task: ${'t'.repeat(500)}...\n\nResponse: ${'r'.repeat(1000)}...`;
    expect(server.bodies).toEqual([`POST /store ${JSON.stringify({ content, tags: ['auto', 'agent-run'] })}`]);
  });

  it('succeeds all the same when the memory server is away', async () => {
    expect((await report(success('x'), { MEMORY_SERVER_URL: 'http://127.0.0.1:1' })).code).toBe(0);
  });

  it('still prints the marker when the files cannot be written [RUN-W03]', async () => {
    const pod = await aPod();
    const ipc = pod.paths.toHost('/ipc');
    await mkdir(`${ipc}/output/result.json`);
    const lines: string[] = [];
    const print = async (line: string) => void lines.push(line);
    await reportOutcome(success('x'), loadConfig({ TASK: 't' }), { ipc, print, log: memoryLog() });
    expect(lines).toHaveLength(1);
  });

  it('cuts a response that no status field could hold, and says so [RUN-W22]', async () => {
    const { file } = await report(success('x'.repeat(5_000_000)));
    expect(JSON.parse(file)).toMatchObject({ status: 'success', truncated: true });
    expect(file.length).toBeLessThan(800_000);
  });
});
