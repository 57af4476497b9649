import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { bundle, ROOT } from '../../infra/bundle/bundle.ts';
import { freePort } from '../../infra/local/free-port.ts';
import { createRelayBus } from '../../shared/bus/relay-bus.ts';
import { Secret } from '../../shared/config/load.ts';
import { memoryUrl } from '../../shared/memory/capability.ts';

const SECRET = 'memory-key';
const OWNER = { kind: 'instance', namespace: 'team', name: 'inst' } as const;

const KUBECONFIG = JSON.stringify({
  'current-context': 'nowhere',
  contexts: [{ name: 'nowhere', context: { cluster: 'nowhere', user: 'nobody' } }],
  clusters: [{ name: 'nowhere', cluster: { server: 'http://127.0.0.1:1' } }],
  users: [{ name: 'nobody', user: { token: 'none' } }],
});

/** A relay as it is shipped, in a process of its own; it serves memories whatever else is missing. */
async function aRelayProcess() {
  const folder = mkdtempSync(join(tmpdir(), 'memory-relay-'));
  const [port, memoryPort] = [await freePort(), await freePort()];
  await bundle(join(folder, 'dist'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, KUBECONFIG);
  let child: ChildProcess | undefined;
  const relay = {
    url: memoryUrl(`http://127.0.0.1:${memoryPort}`, SECRET, { owner: OWNER, access: 'read-write' }),
    functionsUrl: `http://127.0.0.1:${port}`,
    output: '',
    async start() {
      child = spawn(process.execPath, [join(folder, 'dist/relay/main.js')], {
        env: {
          PATH: process.env['PATH'],
          KUBECONFIG: kubeconfig,
          RELAY_CONFIG: join(ROOT, 'infra/generated/functions.json'),
          FUNCTIONS_URL: 'http://127.0.0.1:1',
          NATS_URL: 'nats://127.0.0.1:1',
          RELAY_PORT: String(port),
          RELAY_TO_FUNCTION_SECRETS: 'a',
          FUNCTION_TO_RELAY_SECRETS: 'b',
          MEMORY_PORT: String(memoryPort),
          MEMORY_FOLDER: join(folder, 'memory'),
          MEMORY_SECRETS: SECRET,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) {
        if (stream !== null) createInterface({ input: stream }).on('line', (line) => (relay.output += `${line}\n`));
      }
      const healthy = () =>
        fetch(`${relay.url}/health`).then(
          ({ ok }) => ok,
          () => false,
        );
      await expect.poll(healthy, { timeout: 20_000, message: relay.output }).toBe(true);
    },
    async kill() {
      const gone = new Promise((resolve) => child?.once('exit', resolve));
      child?.kill('SIGKILL');
      await gone;
    },
  };
  onTestFinished(async () => {
    await relay.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return relay;
}

it('what a killed relay acknowledged is there after the next start, whole, once, and findable', async () => {
  const relay = await aRelayProcess();
  const acknowledged: string[] = [];
  for (let life = 0; life < 3; life += 1) {
    await relay.start();
    let killed = false;
    const write = async (writer: number) => {
      for (let n = 0; !killed; n += 1) {
        const content = `fact ${life}x${writer}x${n} ${'detail '.repeat(200)}`;
        const ok = await fetch(`${relay.url}/store`, { method: 'POST', body: JSON.stringify({ content }) }).then(
          (response) => response.ok,
          () => false,
        );
        if (ok) acknowledged.push(content);
      }
    };
    const writers = [write(0), write(1), write(2), write(3)];
    await new Promise((resolve) => setTimeout(resolve, 400));
    await relay.kill();
    killed = true;
    await Promise.all(writers);
  }
  await relay.start();
  expect(acknowledged.length).toBeGreaterThan(20);
  for (const content of acknowledged) {
    const query = content.split(' ')[1];
    const response = await fetch(`${relay.url}/search`, { method: 'POST', body: JSON.stringify({ query, top_k: 50 }) });
    const { content: found } = (await response.json()) as { content: { content: string }[] };
    expect(found.filter((entry) => entry.content === content)).toHaveLength(1);
  }
  // Neither addresses nor contents are logged [API-W57].
  expect(relay.output).not.toContain('detail');
  expect(relay.output).not.toContain(relay.url.split('/').at(-1));
});

it('a function has an instance remember something, once however often it says so, and nobody else can', async () => {
  const relay = await aRelayProcess();
  await relay.start();
  const memory = { owner: OWNER, content: '## Run one failed\n\nError: disk full', tags: ['failure'] };
  const busOf = (secret: string) =>
    createRelayBus({ url: relay.functionsUrl, secret: new Secret(secret), now: () => new Date() });
  for (let time = 0; time < 3; time += 1) await busOf('b').remember(memory);
  await expect(busOf('another-secret').remember({ ...memory, content: 'forged' })).rejects.toThrow('401');
  const elsewhere = { ...memory, owner: { ...OWNER, name: '../../etc' } };
  await expect(busOf('b').remember(elsewhere)).rejects.toThrow('400');
  const response = await fetch(`${relay.url}/list?tags=failure`);
  const { content } = (await response.json()) as { content: { content: string }[] };
  expect(content).toMatchObject([{ content: memory.content, tags: ['failure'] }]);
});
