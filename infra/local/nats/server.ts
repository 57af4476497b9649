import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { trustConfig } from '../../../shared/bus/credentials.ts';

export interface NatsConfig {
  port: number;
  /** Of the store and the configuration. */
  folder: string;
  /** From which all credentials follow; with it nobody is let in without credentials. */
  secret?: string;
}

/** Writes the configuration of a JetStream server on loopback; returns its path. */
export async function writeNatsConfig({ port, folder, secret }: NatsConfig): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'nats.conf');
  const store = JSON.stringify(join(folder, 'jetstream'));
  const lines = [
    'host: 127.0.0.1',
    `port: ${port}`,
    `jetstream { store_dir: ${store}, max_memory_store: 64MB, max_file_store: 4GB }`,
    'max_payload: 4MB',
  ];
  await writeFile(path, `${lines.join('\n')}\n${secret === undefined ? '' : trustConfig(secret)}`, { mode: 0o600 });
  return path;
}

/** Resolves once the port takes connections; never gives up by itself. */
export async function canConnect(port: number): Promise<void> {
  while (!(await accepts(port))) await sleep(20);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
