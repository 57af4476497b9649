import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The folder that holds package.json. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export interface Output {
  /** Relative to the output folder, such as `functions/api/handler.js`. */
  path: string;
  bytes: number;
}

/** CommonJS packages inside an ES module bundle ask for `require`. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

/**
 * Bundles functions, relay, host and pod programs into `folder`, one minified ES module each with a source map beside it,
 * and marks the folder as ES modules. What is bundled runs without node_modules.
 */
export async function bundle(folder: string): Promise<Output[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: await entryPoints(),
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    keepNames: true,
    sourcemap: 'linked',
    metafile: true,
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
  await writeFile(resolve(ROOT, folder, 'package.json'), '{ "type": "module" }\n');
  return Object.entries(metafile.outputs)
    .filter(([path]) => path.endsWith('.js'))
    .map(([path, { bytes }]) => ({ path: relative(resolve(ROOT, folder), resolve(ROOT, path)), bytes }));
}

async function entryPoints(): Promise<{ in: string; out: string }[]> {
  const functions = await programs('functions', 'handler.ts');
  const pods = await programs('infra/pods', 'main.ts');
  return [
    ...functions.map((name) => ({ in: `functions/${name}/handler.ts`, out: `functions/${name}/handler` })),
    ...pods.map((name) => ({ in: `infra/pods/${name}/main.ts`, out: `pods/${name}` })),
    ...['relay', 'host'].map((name) => ({ in: `infra/${name}/main.ts`, out: `${name}/main` })),
  ];
}

/** Folders of `parent` that hold a program, which is how a new one is found. */
async function programs(parent: string, entry: string): Promise<string[]> {
  const names = await readdir(join(ROOT, parent));
  return names.filter((name) => existsSync(join(ROOT, parent, name, entry))).sort();
}
