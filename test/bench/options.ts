import { parseArgs } from 'node:util';
import { AppError } from '../../shared/errors.ts';

export interface BenchOptions {
  /** A real control plane without nodes; undefined measures on the embedded cluster. */
  kubeconfig: string | undefined;
  /** Names of scenarios; empty runs all that fit the cluster. */
  only: string[];
  /** Runs of the burst and of the floor. */
  runs: number;
  /** Minutes for which schedules tick. */
  ticks: number;
  json: string | undefined;
  /** Folder for CPU profiles of relay and host. */
  cpuProfiles: string | undefined;
  help: boolean;
}

export const USAGE = `npm run bench -- [options]

  --kubeconfig PATH   a real control plane (API server and controller manager, no nodes); default KUBECONFIG,
                      and without either the embedded cluster
  --only NAME,…       some of the scenarios
  --runs N            runs of the burst (1000)
  --ticks N           minutes for which 200 schedules tick (10)
  --json FILE         write the figures there as JSON
  --cpu-profiles DIR  write CPU profiles of relay and host there
  --help              print this`;

/** Throws `CONFIG_INVALID` for an option that is unknown or has a bad value. */
export function parseOptions(args: string[], env: Readonly<Record<string, string | undefined>>): BenchOptions {
  const values = parse(args);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1 || runs > 10_000)
    throw new AppError('CONFIG_INVALID', `--runs must be a number from 1 to 10000, not ${values.runs}`);
  const ticks = Number(values.ticks);
  if (!Number.isInteger(ticks) || ticks < 1 || ticks > 60)
    throw new AppError('CONFIG_INVALID', `--ticks must be a number from 1 to 60, not ${values.ticks}`);
  return {
    kubeconfig: values.kubeconfig ?? (env['KUBECONFIG'] || undefined),
    only: (values.only ?? '').split(',').filter((name) => name !== ''),
    runs,
    ticks,
    json: values.json,
    cpuProfiles: values['cpu-profiles'],
    help: values.help,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        kubeconfig: { type: 'string' },
        only: { type: 'string' },
        runs: { type: 'string', default: '1000' },
        ticks: { type: 'string', default: '10' },
        json: { type: 'string' },
        'cpu-profiles': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `${cause instanceof Error ? cause.message : 'Bad options'}\n\n${USAGE}`, {
      cause,
    });
  }
}
