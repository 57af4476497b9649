import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionManifest } from '../../shared/manifest.ts';
import { ROOT } from '../bundle/bundle.ts';

/** The manifest of every folder of `functions/`, by name. A folder without one, or named otherwise than it, is an error. */
export async function loadManifests(): Promise<FunctionManifest[]> {
  const folders = (await readdir(join(ROOT, 'functions'))).sort();
  return Promise.all(
    folders.map(async (folder) => {
      const path = join(ROOT, 'functions', folder, 'function.ts');
      if (!existsSync(path)) throw new Error(`functions/${folder} has no function.ts`);
      const { manifest } = (await import(pathToFileURL(path).href)) as { manifest: FunctionManifest };
      if (manifest.name !== folder)
        throw new Error(`functions/${folder}/function.ts names the function ${manifest.name}`);
      return manifest;
    }),
  );
}
