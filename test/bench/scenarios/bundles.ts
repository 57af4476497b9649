import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { bundle } from '../../../infra/bundle/bundle.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { median } from '../stats.ts';

const run = promisify(execFile);

const PAIRS = 15;
const MAX_KB = 400;
const MAX_IMPORT_MS = 60;

/** Size of every bundle, and what importing a function's costs a fresh process. */
export async function measureBundles({ folder, tell }: Bench): Promise<Figure[]> {
  const dist = join(folder, 'bundles');
  const outputs = (await bundle(dist)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const figures: Figure[] = [];
  for (const { path, bytes } of outputs) {
    const isReconciler = path.startsWith('functions/reconcile-');
    const size = 'minified, without its source map';
    figures.push(figure(`${path}: size`, bytes / 1000, 'kB', size, isReconciler ? MAX_KB : undefined));
    // The others are programs: importing one would start it.
    if (!path.startsWith('functions/')) continue;
    tell(`importing ${path}`);
    const pairs = `median of ${PAIRS} pairs with an empty process`;
    const ms = await importMs(join(dist, path));
    figures.push(figure(`${path}: import`, ms, 'ms', pairs, isReconciler ? MAX_IMPORT_MS : undefined));
  }
  return figures;
}

/** Pairs follow each other closely, so that other work of the machine hits both of a pair alike. */
async function importMs(path: string): Promise<number> {
  const code = `await import(${JSON.stringify(pathToFileURL(path).href)})`;
  const differences: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const empty = await processMs('');
    differences.push((await processMs(code)) - empty);
  }
  return median(differences);
}

async function processMs(code: string): Promise<number> {
  const begin = performance.now();
  await run(process.execPath, ['--input-type=module', '--eval', code], { env: {} });
  return performance.now() - begin;
}

function figure(name: string, value: number, unit: Figure['unit'], from: string, limit: number | undefined): Figure {
  return { scenario: 'bundles', name, value, unit, from, ...(limit !== undefined && { limit }) };
}
