import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Mount } from './volumes.ts';

/** How an image runs as a local process. Paths in `command` are the host's. */
export interface ResolvedImage {
  /** The entrypoint; a container's `command` replaces it and its `args` follow it. */
  command: string[];
  env?: Record<string, string>;
  workDir?: string;
  /** What the program needs beside the system's own files, and where an isolated container has it. */
  visible?: Mount[];
  /**
   * Whether the container shares the host's network. `none` gives it an empty one; a pod asks for the host's with
   * `hostNetwork`, by mounting a service account token into the container, or with the annotation `NETWORK_ANNOTATION`.
   */
  network?: 'host' | 'none';
}

export interface ImageSource {
  resolve(image: string): ResolvedImage | undefined;
  /** What can be run, for the message that says why something else cannot. */
  names(): string[];
}

export const NETWORK_ANNOTATION = 'local.sympozium.ai/network';

/** `registry.example:5000/team/agent-runner:v1@sha256:…` → `agent-runner`. */
export function imageName(image: string): string {
  const path = image.replace(/@.*$/, '').split('/').at(-1) ?? '';
  return path.replace(/:.*$/, '');
}

export interface ProgramImages {
  /** Folder of bundled programs, one `<image name>.js` each. */
  programs: string;
  /** Image names that may run; a name ending in `*` stands for every name with that beginning. */
  names: string[];
  /** Programs for names that are not those of programs, or have a `*`: name or pattern → program. */
  programFor?: Record<string, string>;
  /** Names (or patterns) that get no network of the host. */
  withoutNetwork?: string[];
  /** Names of images that stand for the host's own `sh` and basic tools. */
  shells?: string[];
}

/** Images that are programs of ours, run by this very Node, and `shells`, run by the host's `sh`. */
export function programImages(options: ProgramImages): ImageSource {
  const { programs, names, programFor = {}, withoutNetwork = [], shells = [] } = options;
  const matching = (patterns: string[], name: string): string | undefined =>
    patterns.find((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));

  return {
    names: () => [...names, ...shells],
    resolve(image) {
      const name = imageName(image);
      const network = matching(withoutNetwork, name) === undefined ? 'host' : 'none';
      if (shells.includes(name)) return { command: ['/bin/sh'], network };
      const pattern = matching(names, name);
      if (pattern === undefined) return undefined;
      const own = join(programs, `${name}.js`);
      const program = existsSync(own) ? own : join(programs, `${programFor[pattern] ?? name}.js`);
      if (!existsSync(program)) return undefined;
      return {
        command: [process.execPath, program],
        visible: [shown(process.execPath, 'node'), shown(programs, 'programs'), ...packageJson(programs)],
        network,
      };
    },
  };
}

/** A place of its own, so that no volume of a pod ever covers it. */
const shown = (source: string, name: string): Mount => ({ source, target: `/opt/sympozium/${name}`, readOnly: true });

/** Where an isolated container has this path of the host; the path itself when it is none that is shown. */
export function pathInside(path: string, visible: readonly Mount[]): string {
  const mount = visible.find(({ source }) => path === source || path.startsWith(`${source}/`));
  return mount === undefined ? path : mount.target + path.slice(mount.source.length);
}

/** Node reads the module type from the nearest package.json, which must be visible too. */
function packageJson(folder: string): Mount[] {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    const file = join(at, 'package.json');
    if (existsSync(file)) return [shown(file, 'package.json')];
  }
  return [];
}
