import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../shared/errors.ts';

export interface ProcessSpec {
  name: string;
  command: string;
  args: string[];
  env: Record<string, string | undefined>;
  logFile: string;
  /** Resolves when the process serves. Programs of ours print a line of JSON with `ready`; others are asked. */
  ready: 'line' | (() => Promise<void>);
}

const READY_MS = 30_000;
const STOP_MS = 10_000;
const RESTART_MS = [200, 1_000, 3_000, 10_000];
/** A process that has run this long starts with a clean record. */
const HEALTHY_MS = 60_000;

export interface Supervised {
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/**
 * Starts a process and keeps it running: one that ends by itself is started again, after growing pauses. Rejects when the
 * first start fails. `tell` hears of every restart.
 */
export async function supervise(spec: ProcessSpec, tell: (message: string) => void): Promise<Supervised> {
  const log = createWriteStream(spec.logFile, { flags: 'a', mode: 0o600 });
  let stopping = false;
  let failures = 0;
  let child = launch(spec, log);
  await becomesReady(child, spec);
  let startedAt = performance.now();
  watch();

  function watch(): void {
    child.once('exit', (code, signal) => {
      if (!stopping) void restart(`${spec.name} ended (${signal ?? `exit code ${code}`})`);
    });
  }

  async function restart(why: string): Promise<void> {
    if (performance.now() - startedAt > HEALTHY_MS) failures = 0;
    tell(`${why}; starting it again. Its log: ${spec.logFile}`);
    await sleep(RESTART_MS[Math.min(failures, RESTART_MS.length - 1)]);
    failures += 1;
    if (stopping) return;
    child = launch(spec, log);
    startedAt = performance.now();
    watch();
  }

  return {
    get pid() {
      return child.pid;
    },
    async stop() {
      stopping = true;
      await end(child);
      log.end();
    },
  };
}

function launch(spec: ProcessSpec, log: WriteStream): ChildProcess {
  // A group of its own, so that Ctrl-C reaches the supervisor alone and the order of stopping is its.
  const child = spawn(spec.command, spec.args, { env: spec.env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  child.stderr.pipe(log, { end: false });
  child.stdout.pipe(log, { end: false });
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => log.write(`${error.message}\n`));
  return child;
}

async function becomesReady(child: ChildProcess, spec: ProcessSpec): Promise<void> {
  const ended = new Promise<never>((_, reject) => {
    const fail = (why: string) => reject(new AppError('UNKNOWN', `${spec.name} ${why}; its log: ${spec.logFile}`));
    child.once('error', (error) => fail(`could not be started (${error.message})`));
    child.once('exit', (code) => fail(`ended while starting (exit code ${code})`));
  });
  const late = sleep(READY_MS, undefined, { ref: false }).then(() => {
    throw new AppError(
      'DEADLINE_EXCEEDED',
      `${spec.name} was not ready within ${READY_MS / 1000} s; its log: ${spec.logFile}`,
    );
  });
  try {
    await Promise.race([spec.ready === 'line' ? readyLine(child) : spec.ready(), ended, late]);
  } catch (error) {
    await end(child);
    throw error;
  }
}

async function readyLine(child: ChildProcess): Promise<void> {
  if (child.stdout === null) return;
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      if (line.startsWith('{"ready":true')) resolve();
    });
  });
}

/** Asks, then insists. The whole group goes, so nothing it started is left. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([gone, sleep(STOP_MS, undefined, { ref: false })]);
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already, as it should be.
  }
}
