import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import type { Bench, Cluster } from './bench.ts';
import { withEmbeddedCluster, withRealCluster } from './clusters.ts';
import { type Figure, isOver } from './figure.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { admission } from './scenarios/admission.ts';
import { measureBundles } from './scenarios/bundles.ts';
import { burst } from './scenarios/burst.ts';
import { floor } from './scenarios/floor.ts';
import { fullRun } from './scenarios/full-run.ts';
import { memoryIdle } from './scenarios/memory-idle.ts';
import { measureProduct } from './scenarios/product.ts';
import { requests } from './scenarios/requests.ts';
import { schedules } from './scenarios/schedules.ts';
import { steady } from './scenarios/steady.ts';
import { throughput } from './scenarios/throughput.ts';
import { markdownTable } from './table.ts';

/** Those that wake the most sleep last: what they leave to be collected disturbs nobody. */
const REAL = [admission, steady, requests, fullRun, throughput, floor, schedules, memoryIdle, burst];
const EMBEDDED = [requests, memoryIdle];
const NAMES = ['bundles', 'product', ...new Set([...REAL, ...EMBEDDED].map(({ name }) => name))];

const began = performance.now();
try {
  const options = parseOptions(process.argv.slice(2), process.env);
  const unknown = options.only.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new AppError('CONFIG_INVALID', `--only knows ${NAMES.join(', ')}, not ${unknown}`);
  if (options.help) console.log(`${USAGE}\n\nScenarios: ${NAMES.join(', ')}`);
  else await main(options);
} catch (error) {
  console.error(error instanceof AppError ? error.message : error);
  process.exitCode = 1;
}

async function main(options: BenchOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const bench: Bench = { options, folder, tell };
  const figures: Figure[] = [];
  const before = machine();
  try {
    const wanted = (name: string) => options.only.length === 0 || options.only.includes(name);
    const measure = async (name: string, work: () => Promise<Figure[]>) => {
      if (!wanted(name)) return;
      tell(name);
      figures.push(...(await work()));
    };
    const onCluster = async (cluster: Cluster, scenarios: typeof REAL) => {
      for (const one of scenarios) await measure(one.name, () => one.measure(bench, cluster));
    };
    await measure('bundles', () => measureBundles(bench));
    const { kubeconfig } = options;
    if (kubeconfig !== undefined) await withRealCluster(bench, kubeconfig, (cluster) => onCluster(cluster, REAL));
    else {
      await measure('product', () => measureProduct(bench));
      if (EMBEDDED.some(({ name }) => wanted(name)))
        await withEmbeddedCluster(bench, (cluster) => onCluster(cluster, EMBEDDED));
    }
    await rm(folder, { recursive: true, force: true });
  } finally {
    await report(options, before, figures);
  }
}

/** Also of what was measured before a scenario failed; its logs then stay where they are. */
async function report({ json, kubeconfig }: BenchOptions, before: object, figures: Figure[]): Promise<void> {
  const cluster = kubeconfig === undefined ? 'embedded' : 'real control plane, stand-in kubelet';
  const result = { measuredAt: new Date().toISOString(), cluster, machine: before, figures };
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
  const over = figures.filter(isOver).length;
  const limits = figures.filter(({ limit }) => limit !== undefined).length;
  console.log(`${markdownTable(figures)}\n\n${cluster}; ${JSON.stringify(before)}; ${limits} limits, ${over} over`);
}

function machine(): object {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 1e9);
  return { cpu: cpu?.model, cores: cpus().length, memoryGb, node: process.version, loadBefore: loadavg()[0] };
}

function tell(message: string): void {
  console.error(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${message}`);
}
