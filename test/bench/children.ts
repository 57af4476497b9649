import type { Supervised } from '../../infra/local/processes.ts';

const children = new Set<Supervised>();

/** Has a process end when the bench is cut short: children are in groups of their own, which Ctrl-C does not reach. */
export function endWithBench(child: Supervised): void {
  if (children.size === 0) {
    process.once('exit', killAll);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  }
  children.add(child);
}

function killAll(): void {
  for (const { pid } of children) {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended, as it should have.
    }
  }
}
