import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../infra/bundle/bundle.ts';
import { freePort } from '../../infra/local/free-port.ts';

/** The whole product as `npm start` brings it up. */
export interface Product {
  url: string;
  token: string;
  kubeconfig: string;
  readyMs: number;
  /** Process ids by what they run: cluster, nats, host, relay. */
  pids(): Promise<Map<string, number>>;
  stop(): Promise<void>;
}

/** Starts it in `folder` and waits until it says that it is ready. */
export async function startProduct(folder: string): Promise<Product> {
  const port = await freePort();
  const begin = performance.now();
  const args = [join(ROOT, 'infra/local/main.ts'), '--folder', folder, '--port', String(port)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const abandon = () => child.kill('SIGTERM');
  process.once('exit', abandon);
  await saysReady(child);
  const readyMs = performance.now() - begin;
  const { url, token } = JSON.parse(await readFile(join(folder, 'client.json'), 'utf8')) as {
    url: string;
    token: string;
  };
  return {
    url,
    token,
    kubeconfig: join(folder, 'cluster/kubeconfig'),
    readyMs,
    pids: () => childrenOf(folder),
    async stop() {
      process.off('exit', abandon);
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function saysReady(child: ChildProcess): Promise<void> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('The product has no output');
  let said = '';
  stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      if (line.includes('is ready')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code}: ${said}`)));
  });
}

async function childrenOf(folder: string): Promise<Map<string, number>> {
  const { children } = JSON.parse(await readFile(join(folder, 'lock.json'), 'utf8')) as { children: { pid: number }[] };
  const pids = new Map<string, number>();
  for (const { pid } of children) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const name = /(cluster|host|relay)\/main\.|nats-server/.exec(command)?.[0];
    if (name !== undefined) pids.set(name.replace(/\/main\.|-server/, ''), pid);
  }
  return pids;
}
