import { join, posix } from 'node:path';

/**
 * Where a container's paths lie on the machine that runs the program. In a real container both are the same; without a
 * mount namespace `SYMPOZIUM_ROOTFS_MAP` says which host folder stands for which mount.
 */
export interface PathMap {
  /** Host path of an absolute container path; unmapped paths stand for themselves. */
  toHost(containerPath: string): string;
}

/** Reads `SYMPOZIUM_ROOTFS_MAP`: a JSON object from mount path to host folder. Absent or blank: no translation. */
export function pathMapFrom(env: Record<string, string | undefined>): PathMap {
  const raw = env['SYMPOZIUM_ROOTFS_MAP']?.trim();
  return pathMap(raw ? parseMap(raw) : {});
}

/** The longest mount path wins, as with nested mounts. */
export function pathMap(mounts: Record<string, string>): PathMap {
  const byLength = Object.entries(mounts)
    .map(([mount, host]) => ({ mount: stripTrailingSlash(posix.normalize(mount)), host }))
    .sort((a, b) => b.mount.length - a.mount.length);
  return {
    toHost(containerPath) {
      const path = posix.normalize(containerPath);
      const hit = byLength.find(({ mount }) => isWithin(path, mount));
      return hit ? join(hit.host, path.slice(hit.mount.length)) : path;
    },
  };
}

/** True when `path` is `root` or below it; both absolute and normalised. */
export function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`);
}

function parseMap(raw: string): Record<string, string> {
  const parsed: unknown = JSON.parse(raw);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error('SYMPOZIUM_ROOTFS_MAP must be a JSON object from mount path to host folder');
  }
  const mounts: Record<string, string> = {};
  for (const [mount, host] of Object.entries(parsed)) {
    if (typeof host !== 'string') throw new Error(`SYMPOZIUM_ROOTFS_MAP["${mount}"] must be a string`);
    mounts[mount] = host;
  }
  return mounts;
}

const stripTrailingSlash = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
