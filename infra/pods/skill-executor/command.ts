import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { truncateUtf8 } from '../ipc/text.ts';

export interface Command {
  /** A line for the shell. */
  line: string;
  /** Host path; `/` when it is no folder. */
  workDir: string;
  timeoutMs: number;
  stdin: string;
  env: Record<string, string>;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

/** Per stream (agentrun.md 6.4). */
const MAX_OUTPUT_BYTES = 51_200;
/** What `timeout` of coreutils exits with. */
const TIMED_OUT = 124;
const CANNOT_RUN = 126;
/** Between asking the group to end and killing it. */
const KILL_AFTER_MS = 1000;
/** A background process may hold the pipes open for ever; the command's own output is there by then. */
const PIPES_AFTER_EXIT_MS = 250;

/** Runs one command in a process group of its own, so that its end, by time-out or `signal`, takes its children along. */
export async function runCommand(command: Command, signal?: AbortSignal): Promise<CommandResult> {
  const [shell, ...options] = shellCommand();
  const child = spawn(shell, [...options, '-c', command.line], {
    cwd: isFolder(command.workDir) ? command.workDir : '/',
    env: command.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let timedOut = false;
  const end = () => void endGroup(child.pid);
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, command.timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  feed(child.stdin, command.stdin);
  const exitCode = await exitOf(child, stderr);
  clearTimeout(timer);
  signal?.removeEventListener('abort', end);
  return { exitCode: timedOut ? TIMED_OUT : exitCode, stdout: stdout.text(), stderr: stderr.text(), timedOut };
}

/** The exit code, once the output is complete or will not become so soon. */
function exitOf(child: ChildProcessByStdio<Writable, Readable, Readable>, stderr: Collected): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      stderr.append(error.message);
      resolve(CANNOT_RUN);
    });
    child.once('exit', (code, killedBy) => {
      const exitCode = code ?? 128 + signalNumber(killedBy);
      const timer = setTimeout(() => resolve(exitCode), PIPES_AFTER_EXIT_MS);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(exitCode);
      });
    });
  });
}

interface Collected {
  append(text: string): void;
  text(): string;
}

/** Keeps the beginning and reads on, so that the command never blocks on a full pipe. */
function collect(stream: Readable): Collected {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const append = (chunk: Buffer) => {
    // A few bytes more, to know where a character ends.
    if (bytes < MAX_OUTPUT_BYTES + 4) chunks.push(chunk);
    bytes += chunk.length;
  };
  stream.on('data', append);
  return {
    append: (text) => append(Buffer.from(text)),
    text: () => truncateUtf8(Buffer.concat(chunks), MAX_OUTPUT_BYTES),
  };
}

function feed(stdin: Writable, text: string): void {
  // A command that reads nothing closes the pipe; that is its right.
  stdin.on('error', () => undefined);
  stdin.end(text);
}

async function endGroup(pid: number | undefined): Promise<void> {
  if (pid === undefined || !signalGroup(pid, 'SIGTERM')) return;
  await new Promise((resolve) => setTimeout(resolve, KILL_AFTER_MS).unref());
  signalGroup(pid, 'SIGKILL');
}

/** False when no process of the group is left. */
function signalGroup(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, name);
  } catch {
    return false;
  }
}

/** Node's pipes are sockets, and a bash whose input is a socket believes it was called over the network and reads ~/.bashrc. */
function shellCommand(): [string, ...string[]] {
  const bash = BASHES.find(isExecutable);
  return bash === undefined ? ['sh'] : [bash, '--norc'];
}

const BASHES = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
const signalNumber = (name: NodeJS.Signals | null) => (name && SIGNAL_NUMBERS[name]) ?? 1;
