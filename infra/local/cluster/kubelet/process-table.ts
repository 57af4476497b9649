import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  pid: number;
  parent: number;
  /** Ticks since boot on Linux, a date text elsewhere: with the pid it names one process for good. */
  started: string;
}

/** Every process of this machine that can be seen. */
export function readProcessTable(): ProcessEntry[] {
  if (process.platform !== 'linux') return psTable();
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    const entry = Number.isInteger(pid) ? processEntry(pid) : undefined;
    return entry === undefined ? [] : [entry];
  });
}

/** One process, or undefined when it has ended (a zombie has ended too). */
export function processEntry(pid: number): ProcessEntry | undefined {
  if (process.platform !== 'linux') return psTable().find((entry) => entry.pid === pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name stands in brackets and may hold anything; the fields start behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, parent: Number(fields[1]), started: fields[19] ?? '' };
  } catch {
    return undefined; // ended while we looked
  }
}

export function childrenOf(pid: number, table: readonly ProcessEntry[]): number[] {
  return table.filter((entry) => entry.parent === pid).map((entry) => entry.pid);
}

export function descendantsOf(pid: number, table: readonly ProcessEntry[]): number[] {
  const found = [pid];
  for (const at of found) found.push(...childrenOf(at, table));
  return found.slice(1);
}

/** Memory that is the process's own, in bytes: what a memory limit counts, without shared program text. */
export function privateMemory(pid: number): number {
  if (process.platform !== 'linux') return psMemory(pid);
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
    return (kib('RssAnon') + kib('RssShmem')) * 1024;
  } catch {
    return 0;
  }
}

function psTable(): ProcessEntry[] {
  const text = execFileSync('ps', ['-axo', 'pid=,ppid=,stat=,lstart='], { encoding: 'utf8' });
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line);
    if (match === null || match[3]?.startsWith('Z')) return [];
    return [{ pid: Number(match[1]), parent: Number(match[2]), started: match[4]?.trim() ?? '' }];
  });
}

function psMemory(pid: number): number {
  try {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) * 1024;
  } catch {
    return 0;
  }
}
