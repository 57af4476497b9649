import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect, type JetStreamManager } from 'nats';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../infra/local/free-port.ts';
import { findNatsServer } from '../../infra/local/nats/find.ts';
import { canConnect, writeNatsConfig } from '../../infra/local/nats/server.ts';
import { aPod, eventually, type PodFolders } from '../../infra/pods/ipc/fixtures.ts';

const RUN_SUBJECT = 'sympozium.run.default.run-1.uid-1';

let binary: string;

beforeAll(async () => {
  binary = await findNatsServer();
}, 400_000);

async function aNatsServer() {
  const folder = await mkdtemp(join(tmpdir(), 'nats-'));
  const port = await freePort();
  const config = await writeNatsConfig({ port, folder });
  let server: ChildProcess | undefined;
  const stop = async () => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  const start = async () => {
    server = spawn(binary, ['-c', config], { stdio: 'ignore' });
    await canConnect(port);
  };
  onTestFinished(async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { url: `nats://127.0.0.1:${port}`, start, stop };
}

/** Connects, makes the stream if it is missing, and reads what it holds. */
async function withStream<T>(url: string, use: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: url });
  try {
    const manager = await connection.jetstreamManager();
    await manager.streams.add({ name: 'sympozium', subjects: ['sympozium.>'] });
    return await use(manager);
  } finally {
    await connection.close();
  }
}

const stored = (url: string) =>
  withStream(url, async (manager) => {
    const { state } = await manager.streams.info('sympozium');
    const messages = [];
    for (let seq = 1; seq <= state.last_seq; seq += 1)
      messages.push(await manager.streams.getMessage('sympozium', { seq }));
    return messages.map((message) => ({ subject: message.subject, envelope: message.json<Record<string, unknown>>() }));
  });

/** Starts one of the pod's programs, as its container would. */
function start(program: string, pod: PodFolders, env: Record<string, string>) {
  const main = fileURLToPath(new URL(`../../infra/pods/${program}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      AGENT_RUN_ID: 'run-1',
      INSTANCE_NAME: 'inst',
      AGENT_NAMESPACE: 'default',
      ...pod.env,
      ...env,
    },
    stdio: 'ignore',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, ended };
}

const task = (text: string) => ({ MODEL_PROVIDER: 'scripted', TASK: text });

describe('a run on a real bus', () => {
  it('streams, acts and completes, though the bus comes up only after the run has ended [RUN-120] [RUN-W25]', async () => {
    const pod = await aPod();
    const nats = await aNatsServer();
    await writeFile(pod.paths.toHost('/workspace/notes.txt'), 'n');
    const bridge = start('ipc-bridge', pod, { EVENT_BUS_URL: nats.url, RUN_SUBJECT });
    const executor = start('skill-executor', pod, { SKILL_NAME: 'tools' });
    const agent = start('agent-runner', pod, task('List /workspace, run `wc -c notes.txt`, send "done" to slack.'));
    expect(await agent.ended).toBe(0);
    expect(await executor.ended).toBe(0);
    await nats.start();
    await withStream(nats.url, async () => undefined);
    expect(await bridge.ended).toBe(0);

    const messages = await stored(nats.url);
    const of = (event: string) => messages.filter(({ subject }) => subject === `${RUN_SUBJECT}.${event}`);
    expect(of('message')[0]?.envelope).toMatchObject({
      topic: 'channel.message.send',
      data: { channel: 'slack', text: 'done' },
    });
    expect(of('stream').length).toBeGreaterThan(3);
    expect(of('completed')).toHaveLength(1);
    expect(messages.at(-1)?.envelope).toMatchObject({
      topic: 'agent.run.completed',
      metadata: { agentRunID: 'run-1', instanceName: 'inst', namespace: 'default' },
      data: { status: 'success', response: expect.stringContaining('1 notes.txt'), metrics: { toolCalls: 3 } },
    });
  });

  it('loses and doubles nothing when the bus is killed and comes back in the middle', async () => {
    const pod = await aPod();
    const nats = await aNatsServer();
    await nats.start();
    await withStream(nats.url, async () => undefined);
    const bridge = start('ipc-bridge', pod, { EVENT_BUS_URL: nats.url, RUN_SUBJECT });
    const agent = start('agent-runner', pod, task('[[say: one]][[stall: 1s]][[say: two]][[stall: 1s]][[say: three]]'));
    await eventually(async () => (await stored(nats.url)).length > 0);
    await nats.stop();
    await sleep(1200);
    await nats.start();
    expect(await agent.ended).toBe(0);
    expect(await bridge.ended).toBe(0);
    const messages = await stored(nats.url);
    const chunks = messages
      .filter(({ subject }) => subject.endsWith('.stream'))
      .map(({ envelope }) => envelope['data']);
    expect(chunks).toEqual(['one', 'two', 'three'].map((content, index) => ({ type: 'text', content, index })));
    expect(messages.at(-1)?.subject).toBe(`${RUN_SUBJECT}.completed`);
  });

  it('ends quickly on SIGTERM when the bus never comes', async () => {
    const pod = await aPod();
    const nats = await aNatsServer();
    const bridge = start('ipc-bridge', pod, { EVENT_BUS_URL: nats.url, RUN_SUBJECT });
    await eventually(async () => (await readdir(pod.paths.toHost('/ipc'))).includes('.published'));
    bridge.child.kill('SIGTERM');
    expect(await bridge.ended).toBe(0);
  });
});
