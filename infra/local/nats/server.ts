import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Writes the configuration of a JetStream server on loopback that keeps its store in `folder`; returns its path. */
export async function writeNatsConfig({ port, folder }: { port: number; folder: string }): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'nats.conf');
  const store = JSON.stringify(join(folder, 'jetstream'));
  await writeFile(
    path,
    `host: 127.0.0.1\nport: ${port}\njetstream { store_dir: ${store}, max_memory_store: 64MB, max_file_store: 4GB }\nmax_payload: 4MB\n`,
  );
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
