import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface Installation {
  /** This program, bundled. */
  from: string;
  /** Where it will be, in the container that runs it. */
  folder: string;
  /** The same folder as this process sees it. */
  on: string;
}

/**
 * Puts this program into a folder so that it runs in images of other people, whatever they hold: with its own Node, C library and
 * loader. The loader is the interpreter of the script `mcp-bridge`, so that no shell is needed; `LD_LIBRARY_PATH` of the container
 * must name the `lib` folder.
 */
export async function installAdapter({ from, folder, on }: Installation): Promise<void> {
  const libraries = loadedLibraries();
  const loader = libraries.find((path) => basename(path).startsWith('ld-'));
  if (loader === undefined) throw new Error('this Node has no dynamic loader; use the image built on glibc');
  await mkdir(join(on, 'lib'), { recursive: true });
  await copyFile(process.execPath, join(on, 'node'));
  for (const library of libraries) await copyFile(library, join(on, 'lib', basename(library)));
  await writeFile(join(on, 'package.json'), '{ "type": "module" }\n');
  const program = join(on, 'mcp-bridge');
  const start = `#!${join(folder, 'lib', basename(loader))} ${join(folder, 'node')}\n`;
  await writeFile(program, start + (await readFile(from, 'utf8')));
  await chmod(program, 0o755);
}

/** Shared objects of this process, by the names that programs look for. */
function loadedLibraries(): string[] {
  const { sharedObjects } = process.report.getReport() as { sharedObjects: string[] };
  return sharedObjects.filter((path) => path.startsWith('/') && /\.so(\.\d+)*$/.test(path));
}
