import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, credsAuthenticator, type NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../infra/local/free-port.ts';
import { findNatsServer } from '../../infra/local/nats/find.ts';
import { canConnect, writeNatsConfig } from '../../infra/local/nats/server.ts';
import { relayCredentials, runCredentials } from '../../shared/bus/credentials.ts';
import { inboxOf, runSubject, STREAM } from '../../shared/bus/subjects.ts';

const SECRET = 'the secret of this bus';
const run = { namespace: 'default', name: 'my.run', uid: '11111111-2222-3333-4444-555555555555' };
const other = { ...run, name: 'other', uid: '99999999-2222-3333-4444-555555555555' };

let folder: string;
let server: ChildProcess;
let port: number;
let open: NatsConnection[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bus-'));
  port = await freePort();
  const config = await writeNatsConfig({ port, folder, secret: SECRET });
  server = spawn(await findNatsServer(), ['-c', config], { stdio: 'ignore' });
  await canConnect(port);
  const relay = await connectWith(relayCredentials(SECRET));
  await (await relay.jetstreamManager()).streams.add({ name: STREAM, subjects: ['sympozium.>'] });
}, 360_000);

afterEach(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  open = [];
});
afterAll(async () => {
  server?.kill();
  await rm(folder, { recursive: true, force: true });
});

async function connectWith(credentials: string | undefined, options: ConnectionOptions = {}): Promise<NatsConnection> {
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    reconnect: false,
    ...(credentials !== undefined && { authenticator: credsAuthenticator(new TextEncoder().encode(credentials)) }),
    ...options,
  });
  open.push(connection);
  return connection;
}

const podOf = (of: typeof run, lifetime = { from: new Date(), seconds: 600 }) =>
  connectWith(runCredentials(SECRET, of, lifetime), { inboxPrefix: inboxOf(of.uid) });

describe('the credentials of a run', () => {
  it('let its pod publish its own completion', async () => {
    const pod = await podOf(run);
    await expect(pod.jetstream().publish(`${runSubject(run)}.completed`, '{}')).resolves.toMatchObject({
      stream: STREAM,
    });
  });

  it.each([
    ['another run’s completion', `${runSubject(other)}.completed`],
    ['a terminal event of the control plane', 'sympozium.agent.run.completed'],
    ['a change of the stream', `$JS.API.STREAM.PURGE.${STREAM}`],
  ])('refuse it %s [RUN-W26a] [CTL-WX4] [CTL-WB10]', async (_, subject) => {
    const pod = await podOf(run);
    await expect(pod.request(subject, '{}', { timeout: 2_000 })).rejects.toThrow(/permissions violation/i);
  });

  it('refuse it the messages and replies of others [RUN-W26a] [CTL-WB10]', async () => {
    for (const subject of [`${runSubject(other)}.>`, `${inboxOf(other.uid)}.>`, 'sympozium.>']) {
      const pod = await podOf(run);
      const heard = new Promise((_, reject) => pod.subscribe(subject, { callback: (error) => error && reject(error) }));
      await expect(heard).rejects.toThrow(/permissions violation/i);
    }
  });

  it('end with the run', async () => {
    const longAgo = { from: new Date(Date.now() - 3_600_000), seconds: 60 };
    await expect(podOf(run, longAgo)).rejects.toThrow(/auth/i);
  });

  it('are the same when they are made again, so that a repeated apply changes nothing', () => {
    const lifetime = { from: new Date('2026-03-04T05:06:07Z'), seconds: 60 };
    expect(runCredentials(SECRET, run, lifetime)).toBe(runCredentials(SECRET, run, lifetime));
  });
});

it('takes nobody without credentials, or with those of another secret [RUN-W26a] [CTL-WB10]', async () => {
  await expect(connectWith(undefined)).rejects.toThrow(/auth/i);
  await expect(connectWith(relayCredentials('another secret'))).rejects.toThrow(/auth/i);
});
