import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, credsAuthenticator, type JetStreamManager, nkeys } from 'nats';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../infra/local/free-port.ts';
import { findNatsServer } from '../../infra/local/nats/find.ts';
import { canConnect } from '../../infra/local/nats/server.ts';
import { eventually, memoryLog } from '../../infra/pods/ipc/fixtures.ts';
import { createNatsBus } from '../../infra/pods/ipc-bridge/nats-bus.ts';

const OWN = 'sympozium.run.default.run-1.uid-1';
const FOREIGN = 'sympozium.run.default.run-2.uid-2';

type Pair = ReturnType<typeof nkeys.createAccount>;

let binary: string;

beforeAll(async () => {
  binary = await findNatsServer();
}, 400_000);

/** A NATS JWT (ed25519-nkey) about `subject`, signed by `issuer`. */
function token(issuer: Pair, subject: Pair, claims: object): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = { jti: subject.getPublicKey(), iat: Math.floor(Date.now() / 1000), iss: issuer.getPublicKey() };
  const signed = [
    encode({ typ: 'JWT', alg: 'ed25519-nkey' }),
    encode({ ...body, sub: subject.getPublicKey(), name: 'test', nats: { version: 2, ...claims } }),
  ].join('.');
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`;
}

/** A creds text without its last line break, as environments deliver it. */
function credentials(account: Pair, permissions: object): string {
  const user = nkeys.createUser();
  const jwt = token(account, user, { type: 'user', subs: -1, data: -1, payload: -1, ...permissions });
  return [
    '-----BEGIN NATS USER JWT-----',
    jwt,
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    Buffer.from(user.getSeed()).toString(),
    '------END USER NKEY SEED------',
  ].join('\n');
}

const UNLIMITED = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
const STORAGE = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/** A server that lets nobody in without a token of its account. */
async function aStrictServer(): Promise<{ url: string; account: Pair }> {
  const folder = await mkdtemp(join(tmpdir(), 'nats-'));
  const port = await freePort();
  const [operator, account, system] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];
  const accounts = {
    [account.getPublicKey()]: token(operator, account, { type: 'account', limits: { ...UNLIMITED, ...STORAGE } }),
    [system.getPublicKey()]: token(operator, system, { type: 'account', limits: UNLIMITED }),
  };
  await writeFile(
    join(folder, 'nats.conf'),
    `host: 127.0.0.1\nport: ${port}\njetstream { store_dir: ${JSON.stringify(join(folder, 'js'))} }
operator: ${token(operator, operator, { type: 'operator' })}
system_account: ${system.getPublicKey()}
resolver: MEMORY
resolver_preload: ${JSON.stringify(accounts)}\n`,
  );
  const server: ChildProcess = spawn(binary, ['-c', join(folder, 'nats.conf')], { stdio: 'ignore' });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  await canConnect(port);
  return { url: `nats://127.0.0.1:${port}`, account };
}

async function asAdministrator<T>(
  { url, account }: { url: string; account: Pair },
  use: (manager: JetStreamManager) => Promise<T>,
): Promise<T> {
  const authenticator = credsAuthenticator(Buffer.from(`${credentials(account, {})}\n`));
  const connection = await connect({ servers: url, authenticator });
  try {
    return await use(await connection.jetstreamManager());
  } finally {
    await connection.close();
  }
}

/** A bus as the pod of the run `OWN` gets it: its own subjects, and the inbox for acknowledgements. */
function aPodBus(server: { url: string; account: Pair }, given?: string) {
  const permissions = { pub: { allow: [`${OWN}.>`] }, sub: { allow: ['_INBOX.>', `${OWN}.>`] } };
  const text = given ?? credentials(server.account, permissions);
  const log = memoryLog();
  const bus = createNatsBus({ url: server.url, credentials: text, name: 'test', log });
  onTestFinished(() => bus.close());
  return { bus, log };
}

const message = (subject: string) => ({ id: subject, subject: `${subject}.completed`, body: '{}', headers: {} });

describe('a bridge with credentials of its run', () => {
  it('can publish on its own subjects and on no others [RUN-W26a]', async () => {
    const server = await aStrictServer();
    await asAdministrator(server, (manager) => manager.streams.add({ name: 'sympozium', subjects: ['sympozium.>'] }));
    const { bus, log } = aPodBus(server);
    await eventually(() => log.messages.includes('Connected to the bus'));
    await bus.publish(message(OWN));
    await expect(bus.publish(message(FOREIGN))).rejects.toThrow(/Permissions Violation/);
    const { state } = await asAdministrator(server, (manager) =>
      manager.streams.info('sympozium', { subjects_filter: '>' }),
    );
    expect(state.subjects).toEqual({ [`${OWN}.completed`]: 1 });
  });

  it('is let in nowhere without them [RUN-W26a]', async () => {
    const server = await aStrictServer();
    const { bus, log } = aPodBus(server, '');
    await expect(bus.publish(message(OWN))).rejects.toThrow('not connected yet');
    expect(log.messages).not.toContain('Connected to the bus');
  });
});
