import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type MemoryAccess, type MemoryOwner, memoryUrl } from '../../../shared/memory/capability.ts';
import { createMemory } from './memory.ts';
import { createMemoryServer } from './server.ts';
import { createMemoryThreads } from './threads.ts';

const SECRET = 'current-key';
const folder = mkdtempSync(join(tmpdir(), 'memory-server-'));
const threads = createMemoryThreads(new URL('./worker.ts', import.meta.url));
const memory = createMemory(folder, { maxEntries: 1000, maxBytes: 1e9 }, threads);
const server = createMemoryServer(memory, [SECRET, 'older-key']);
let base = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await threads.stop();
  rmSync(folder, { recursive: true, force: true });
});

let owners = 0;
function anOwner(): MemoryOwner {
  owners += 1;
  return { kind: 'instance', namespace: 'team', name: `inst-${owners}` };
}
const urlOf = (owner: MemoryOwner, access: MemoryAccess = 'read-write', secret = SECRET) =>
  memoryUrl(base, secret, { owner, access });

async function call(url: string, body?: unknown) {
  const response = await fetch(url, {
    ...(body !== undefined && { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
}

describe('the memory server', () => {
  it('stores, finds and lists in the envelope of the original, with a line end', async () => {
    const url = urlOf(anOwner());
    const stored = await call(`${url}/store`, { content: 'Kafka lag in payments', tags: ['ops'] });
    expect(stored).toMatchObject({ status: 200, json: { success: true, content: { id: 1 } } });
    expect(stored.text.endsWith('}\n')).toBe(true);
    const entry = { id: 1, content: 'Kafka lag in payments', tags: ['ops'] };
    expect((await call(`${url}/search`, { query: 'kafka lag?' })).json).toMatchObject({
      success: true,
      content: [entry],
    });
    expect((await call(`${url}/list?tags=ops&limit=5`)).json.content).toMatchObject([entry]);
    expect((await call(`${url}/search`, { query: 'weather', top_k: 3 })).json.content).toEqual([]);
    expect(await call(`${url}/health`)).toMatchObject({ status: 200, text: 'ok' });
  });

  it.each([
    ['store', '{', 400, 'invalid JSON body'],
    ['store', { content: 7 }, 400, 'invalid JSON body'],
    ['store', { tags: [] }, 400, "'content' is required"],
    ['search', '[]', 400, 'invalid JSON body'],
    ['search', { top_k: 2 }, 400, "'query' is required"],
    ['list', {}, 405, 'list takes GET only'],
    ['forget', {}, 404, 'there is no such endpoint'],
  ])('%s of %j is refused in words', async (verb, body, status, error) => {
    expect(await call(`${urlOf(anOwner())}/${verb}`, body)).toMatchObject({ status, json: { success: false, error } });
  });

  it('an entry or a body that is too large is refused [API-W58]', async () => {
    const url = urlOf(anOwner());
    expect((await call(`${url}/store`, { content: 'x'.repeat(50_000) })).status).toBe(413);
    expect((await call(`${url}/store`, { content: 'x'.repeat(600_000) })).status).toBe(413);
  });

  it('no answer is larger than published agents read, however much is asked for [API-W58]', async () => {
    const url = urlOf(anOwner());
    for (let n = 0; n < 10; n += 1) await call(`${url}/store`, { content: `${n} word `.repeat(1500) });
    for (const answer of [
      await call(`${url}/list?limit=1000000`),
      await call(`${url}/search`, { query: 'word', top_k: 1e6 }),
    ]) {
      expect(answer.json.content.length).toBeGreaterThan(2);
      expect(Buffer.byteLength(answer.text)).toBeLessThan(64 * 1024);
    }
  });

  it('a read-only address reads what the other stored, and stores nothing [API-W57] [CTL-WP12]', async () => {
    const owner: MemoryOwner = { kind: 'pack', namespace: 'team', name: 'crew' };
    await call(`${urlOf(owner)}/store`, { content: 'shared' });
    const readOnly = urlOf(owner, 'read-only');
    const refused = await call(`${readOnly}/store`, { content: 'poison' });
    expect(refused).toMatchObject({ status: 403, json: { success: false, error: 'this memory is read-only here' } });
    expect((await call(`${readOnly}/list`)).json.content).toMatchObject([{ content: 'shared' }]);
  });

  it('owners of one name in two namespaces, or of two kinds, share nothing [API-W57]', async () => {
    const one = anOwner();
    await call(`${urlOf(one)}/store`, { content: 'mine' });
    for (const other of [{ ...one, namespace: 'elsewhere' }, { ...one, kind: 'pack' as const }, anOwner()]) {
      expect((await call(`${urlOf(other)}/list`)).json.content).toEqual([]);
    }
  });

  it('an older key still opens while it is accepted; a forged, cut or guessed token opens nothing [API-W57]', async () => {
    const owner = anOwner();
    expect((await call(`${urlOf(owner, 'read-write', 'older-key')}/list`)).status).toBe(200);
    const url = urlOf(owner);
    const readOnly = urlOf(owner, 'read-only');
    const raised = `${url.split('.').slice(0, -1).join('.')}.${readOnly.split('.').at(-1)}`;
    const forged = [urlOf(owner, 'read-write', 'guess'), raised, url.slice(0, -1), `${base}/memory`, `${base}/metrics`];
    for (const bad of forged) {
      expect(await call(`${bad}/list`)).toMatchObject({
        status: 404,
        json: { success: false, error: 'there is no memory at this address' },
      });
    }
  });

  it('reading leaves no file of an owner who has stored nothing', async () => {
    const owner = { ...anOwner(), namespace: 'quiet' };
    for (let n = 0; n < 5; n += 1) await call(`${urlOf({ ...owner, name: `q-${n}` })}/list`);
    expect(readdirSync(join(folder, 'instance'))).not.toContain('quiet');
  });

  it('a thread that dies answers its callers, and the next call is served', async () => {
    const program = new URL(
      `data:text/javascript,import { parentPort } from 'node:worker_threads';
      parentPort.on('message', () => process.exit(1));`,
    );
    const dying = createMemoryThreads(program);
    onTestFinished(() => dying.stop());
    const list = () => dying.call({ verb: 'list', path: 'x', tags: '', limit: 1, offset: 0 });
    await expect(list()).rejects.toThrow('interrupted');
    await expect(list()).rejects.toThrow('interrupted');
  });
});
