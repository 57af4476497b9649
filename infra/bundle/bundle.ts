import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** The folder that holds package.json. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * Flags of the long-running programs: a small young generation keeps their resident memory near what is alive, at the price
 * of a little more collecting.
 */
export const NODE_FLAGS = ['--max-semi-space-size=4'];

/**
 * Environment of the relay. Each thread's arena of glibc keeps what a burst once took of it; with two for all threads 25 MB less stay
 * after a thousand runs.
 */
export const RELAY_ENVIRONMENT = { MALLOC_ARENA_MAX: '2' };

export interface Output {
  /** Relative to the output folder, such as `functions/api/handler.js`. */
  path: string;
  bytes: number;
}

/** CommonJS packages inside an ES module bundle ask for `require`. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  keepNames: true,
  sourcemap: 'linked',
  metafile: true,
  banner: { js: REQUIRE },
  plugins: [plainHttp()],
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * An import of `node:http` reads every export of it, and one of them (`WebSocket`) loads all of undici: 25 ms and 9 MB that
 * importing a function need not cost, and the relay not at all. Here each is read only where it is used.
 */
function plainHttp(): Plugin {
  const namespace = 'plain-http';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'http', namespace }));
      onLoad({ filter: /^http$/, namespace }, () => ({
        contents: "module.exports = process.getBuiltinModule('node:http');",
      }));
    },
  };
}

/** Programs of worker threads; each keeps its place beside the program that starts it. */
const WORKERS = ['infra/relay/memory/worker.ts'];

/**
 * Bundles every program into `folder` (absolute, or below the project's root), minified, with source maps, and marks it as ES
 * modules. Functions and pod programs are one file each; the relay and the host, which load rarely used libraries only when
 * asked to, are a folder each. What is bundled runs without node_modules.
 */
export async function bundle(folder: string): Promise<Output[]> {
  const out = resolve(ROOT, folder);
  const built = await Promise.all([
    build({ ...OPTIONS, entryPoints: await singleFiles(), outdir: out }),
    ...['relay', 'host'].map(async (name) => {
      await rm(join(out, name), { recursive: true, force: true });
      const entryPoints = [`infra/${name}/main.ts`, ...WORKERS.filter((path) => path.startsWith(`infra/${name}/`))];
      const places = { outbase: `infra/${name}`, outdir: join(out, name) };
      return build({ ...OPTIONS, ...places, entryPoints, splitting: true, chunkNames: 'chunks/[hash]' });
    }),
  ]);
  await writeFile(join(out, 'package.json'), '{ "type": "module" }\n');
  return built
    .flatMap(({ metafile }) => Object.entries(metafile.outputs))
    .filter(([path, { entryPoint }]) => path.endsWith('.js') && entryPoint !== undefined)
    .filter(([path]) => !path.includes('/chunks/'))
    .map(([path, { bytes }]) => ({ path: relative(out, resolve(ROOT, path)), bytes }));
}

async function singleFiles(): Promise<{ in: string; out: string }[]> {
  const functions = await programs('functions', 'handler.ts');
  const pods = await programs('infra/pods', 'main.ts');
  return [
    ...functions.map((name) => ({ in: `functions/${name}/handler.ts`, out: `functions/${name}/handler` })),
    ...pods.map((name) => ({ in: `infra/pods/${name}/main.ts`, out: `pods/${name}` })),
  ];
}

/** Folders of `parent` that hold a program, which is how a new one is found. */
async function programs(parent: string, entry: string): Promise<string[]> {
  const names = await readdir(join(ROOT, parent));
  return names.filter((name) => existsSync(join(ROOT, parent, name, entry))).sort();
}
