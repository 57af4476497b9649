import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../infra/bundle/bundle.ts';
import { freePort } from '../../infra/local/free-port.ts';
import { createKubeClient, type KubeClient } from '../../shared/kube/client.ts';
import { connectionFromKubeconfig } from '../../shared/kube/connection.ts';

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** `npm start` as a person runs it, in a folder and on a port of its own. */
export interface Session {
  folder: string;
  port: number;
  /** Everything that the running start has printed. */
  output(): string;
  start(...options: string[]): Promise<void>;
  /** Ends as Ctrl-C does, and waits until it is gone. */
  stop(): Promise<void>;
  /** Ends the starter alone, without a chance to clean up. */
  kill(): Promise<void>;
  client(...args: string[]): Promise<Finished>;
  /** The session's cluster, as its administrator sees it; closed with the session. */
  kube(): KubeClient;
  remove(): Promise<void>;
}

const READY_MS = 90_000;

export async function createSession(): Promise<Session> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  let printed = '';
  const clients: KubeClient[] = [];
  // As a newcomer's shell: none of the variables that npm and vitest set.
  const { PATH, HOME, TMPDIR } = process.env;
  const env = { PATH, HOME, TMPDIR };

  async function start(...options: string[]): Promise<void> {
    printed = '';
    const started = spawn('npm', ['start', '--', '--folder', folder, '--port', String(port), ...options], {
      cwd: ROOT,
      env,
      detached: true,
    });
    child = started;
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`Not ready within ${READY_MS / 1000} s:\n${printed}`)), READY_MS);
      const hear = (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.includes('Sympozium is ready')) done(resolve);
      };
      const done = (then: () => void) => {
        clearTimeout(late);
        then();
      };
      started.stdout.on('data', hear);
      started.stderr.on('data', hear);
      started.once('exit', (code) => done(() => reject(new Error(`Ended with ${code}:\n${printed}`))));
    });
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending?.pid === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once('exit', resolve));
    // The terminal sends Ctrl-C to the whole group: npm and what it started.
    process.kill(-ending.pid, signal);
    await gone;
  }

  async function client(...args: string[]): Promise<Finished> {
    const { url, token } = JSON.parse(await readFile(join(folder, 'client.json'), 'utf8')) as {
      url: string;
      token: string;
    };
    return run('npx', ['--no-install', 'sympozium', ...args], { ...env, SYMPOZIUM_URL: url, SYMPOZIUM_TOKEN: token });
  }

  return {
    folder,
    port,
    output: () => printed,
    start,
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    client,
    kube() {
      const kube = createKubeClient(connectionFromKubeconfig(join(folder, 'cluster/kubeconfig')));
      clients.push(kube);
      return kube;
    },
    async remove() {
      for (const kube of clients) kube.close();
      await end('SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a command to its end; a failing one is a result too. */
export function run(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: ROOT, env, timeout: 120_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
    });
  });
}
