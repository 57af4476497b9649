import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Hono } from 'hono';
import { AppError } from '../../shared/errors.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';
import type { FunctionPlace } from '../../shared/reconcile/function.ts';

/** One function, loaded from its bundle. */
export interface LoadedFunction {
  manifest: FunctionManifest;
  app: Hono;
}

/** The functions that the generated `functions.json` lists. */
export async function readManifests(path: string): Promise<FunctionManifest[]> {
  const { functions } = JSON.parse(await readFile(path, 'utf8')) as { functions: FunctionManifest[] };
  return functions;
}

/**
 * Loads the bundles in `folder` of the functions that `manifests` (the generated `functions.json`) lists, each into its own
 * place. Throws `CONFIG_INVALID` for a bundle that is missing or exports no `createApp`.
 */
export async function loadFunctions(
  folder: string,
  manifests: string,
  placeOf: (manifest: FunctionManifest) => FunctionPlace,
): Promise<LoadedFunction[]> {
  const functions = await readManifests(manifests);
  return Promise.all(
    functions.map(async (manifest) => {
      const path = resolve(join(folder, manifest.name, 'handler.js'));
      const bundle: unknown = await import(pathToFileURL(path).href).catch((cause: unknown) => {
        throw new AppError('CONFIG_INVALID', `${path} could not be loaded; run \`npm run bundle\``, { cause });
      });
      if (!hasCreateApp(bundle)) throw new AppError('CONFIG_INVALID', `${path} must export \`createApp\``);
      return { manifest, app: bundle.createApp(placeOf(manifest)) };
    }),
  );
}

function hasCreateApp(bundle: unknown): bundle is { createApp: (place: FunctionPlace) => Hono } {
  return (
    typeof bundle === 'object' && bundle !== null && 'createApp' in bundle && typeof bundle.createApp === 'function'
  );
}
