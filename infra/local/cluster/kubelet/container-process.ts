import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followOutputs, openOutputs } from './container-log.ts';
import type { IsolationKind } from './isolation.ts';
import { childrenOf, descendantsOf, processEntry, readProcessTable } from './process-table.ts';
import type { HostCommand } from './sandbox.ts';

export interface Exit {
  exitCode: number;
  finishedAt: number;
  /** Set when nobody saw how it ended. */
  unknown?: boolean;
}

/** A container's processes, started by this kubelet or by one before it. */
export interface ContainerProcess {
  /** Outermost process; also the id of the process group. */
  pid: number;
  exited: Promise<Exit>;
  /** The container's first process as the host sees it; undefined while it is being set up. */
  mainPid(): number | undefined;
  /** TERM to the first process; whoever ignores it is left to `kill`. */
  terminate(): void;
  kill(): void;
}

/** Exit code of a container of which nothing is known any more (containerd reports the same). */
export const UNKNOWN_EXIT = 255;
export const KILLED_EXIT = 137;

/**
 * Runs the command and leaves its exit code in a file, so that a kubelet that was not there can still read it. The
 * process stays in the group of this shell, by which everything it started can be found.
 */
const KEEPER = '"$@"; echo "$?" > "$0/exit"';
const ADOPTED_POLL_MS = 200;

export function startProcess(
  dir: string,
  logFile: string,
  command: HostCommand,
  kind: IsolationKind,
): ContainerProcess {
  mkdirSync(dir, { recursive: true });
  const { stdout, stderr } = openOutputs(dir);
  const child = spawn('/bin/sh', ['-c', KEEPER, dir, ...command.argv], {
    cwd: command.cwd,
    env: command.env,
    detached: true,
    stdio: ['ignore', stdout, stderr],
  });
  closeSync(stdout);
  closeSync(stderr);
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
  const { pid } = child;
  if (pid === undefined) {
    ended.catch(() => undefined);
    throw new Error('the system could not start another process');
  }
  writeFileSync(join(dir, 'pid'), `${pid} ${processEntry(pid)?.started ?? ''}`);
  return track(pid, dir, logFile, kind, ended);
}

/**
 * Takes up a container that an earlier kubelet started: its process when it lives, its exit when it has ended, and
 * `unknown` when neither can be told. Whatever is left of it is never started a second time from here.
 */
export function adoptProcess(dir: string, logFile: string, kind: IsolationKind): ContainerProcess | Exit {
  const [pidText = '', ...started] = readIfThere(join(dir, 'pid')).split(' ');
  const pid = Number(pidText);
  const entry = pid > 0 ? processEntry(pid) : undefined;
  if (entry !== undefined && entry.started === started.join(' '))
    return track(pid, dir, logFile, kind, polled(pid, entry.started));
  void followOutputs(dir, logFile).finish();
  return readExit(dir);
}

function track(pid: number, dir: string, logFile: string, kind: IsolationKind, ended: Promise<void>): ContainerProcess {
  const log = followOutputs(dir, logFile);
  let alive = true;
  let killed = false;
  const exited = ended.then(async () => {
    alive = false;
    // What the first process left behind goes too; in a pid namespace the kernel has done that already.
    signalGroup(pid, 'SIGKILL');
    await log.finish();
    const exit = readExit(dir);
    return exit.unknown === true && killed ? { exitCode: KILLED_EXIT, finishedAt: Date.now() } : exit;
  });

  function mainPid(): number | undefined {
    const table = readProcessTable();
    const [outer] = childrenOf(pid, table);
    if (kind === 'none' || outer === undefined) return outer;
    return childrenOf(outer, table)[0];
  }
  return {
    pid,
    exited,
    mainPid,
    terminate() {
      const main = alive ? mainPid() : undefined;
      if (main !== undefined) signal(main, 'SIGTERM');
    },
    kill() {
      if (!alive) return;
      killed = true;
      const main = mainPid();
      // The keeper goes last, so that it can still write the exit code.
      for (const other of descendantsOf(main ?? pid, readProcessTable())) signal(other, 'SIGKILL');
      if (main !== undefined) signal(main, 'SIGKILL');
      void sleep(1000, undefined, { ref: false }).then(() => {
        if (alive) signalGroup(pid, 'SIGKILL');
      });
    },
  };
}

async function polled(pid: number, started: string): Promise<void> {
  while (processEntry(pid)?.started === started) await sleep(ADOPTED_POLL_MS);
}

function readExit(dir: string): Exit {
  const file = join(dir, 'exit');
  const code = /^(\d+)\n/.exec(readIfThere(file))?.[1];
  if (code === undefined) return { exitCode: UNKNOWN_EXIT, finishedAt: Date.now(), unknown: true };
  return { exitCode: Number(code), finishedAt: statSync(file).mtimeMs };
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in the meantime.
  }
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  signal(-pid, name);
}
