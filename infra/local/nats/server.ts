import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../shared/errors.ts';

export interface NatsOptions {
  binary: string;
  port: number;
  /** Store, configuration and log. */
  folder: string;
}

const READY_MS = 10_000;

/** Starts a JetStream server on loopback; resolves once it takes connections. The caller ends the process. */
export async function startNats({ binary, port, folder }: NatsOptions): Promise<ChildProcess> {
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'nats.conf');
  await writeFile(
    config,
    [
      'host: 127.0.0.1',
      `port: ${port}`,
      `jetstream { store_dir: ${JSON.stringify(join(folder, 'jetstream'))}, max_memory_store: 64MB, max_file_store: 4GB }`,
      'max_payload: 4MB',
      `log_file: ${JSON.stringify(join(folder, 'nats.log'))}`,
      '',
    ].join('\n'),
  );
  const server = spawn(binary, ['-c', config], { stdio: 'ignore' });
  const ended = new Promise<never>((_, reject) => {
    server.once('error', (cause) =>
      reject(new AppError('CONFIG_INVALID', `${binary} could not be started`, { cause })),
    );
    server.once('exit', (code) =>
      reject(new AppError('UNKNOWN', `nats-server ended with ${code}; see ${join(folder, 'nats.log')}`)),
    );
  });
  await Promise.race([accepting(port), ended]);
  return server;
}

async function accepting(port: number): Promise<void> {
  const until = performance.now() + READY_MS;
  while (performance.now() < until) {
    if (await canConnect(port)) return;
    await sleep(20);
  }
  throw new AppError('UNKNOWN', `nats-server took no connection on port ${port} within ${READY_MS / 1000} s`);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
