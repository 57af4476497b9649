import { readFile } from 'node:fs/promises';

/** Resident memory of a process in MB (10^6 bytes), as Linux counts it; NaN on other systems. */
export async function residentMb(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return (Number(kib ?? Number.NaN) * 1024) / 1e6;
}

const TICKS_PER_SECOND = 100;

/** CPU time that a process has used so far, in seconds; NaN on other systems than Linux. */
export async function cpuSeconds(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The command, which may hold spaces, ends with the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN)) / TICKS_PER_SECOND;
}
