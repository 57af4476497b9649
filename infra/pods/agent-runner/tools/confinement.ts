import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { isMissing } from '../../ipc/files.ts';
import { isWithin, type PathMap } from '../../ipc/paths.ts';
import { ToolError } from './tool.ts';

export const READ_ROOTS = ['/workspace', '/skills', '/tmp', '/ipc'] as const;
export const WRITE_ROOTS = ['/workspace', '/tmp'] as const;

/** A path that was found to lie within the allowed folders. */
export interface ConfinedPath {
  /** As the agent sees it: absolute, normalised. */
  shown: string;
  /** Host path with every symbolic link resolved; its last part need not exist. */
  real: string;
}

/**
 * Resolves a path the model gave and refuses whatever leaves the allowed folders: by `..`, by a symbolic link anywhere in
 * it, or by a prefix that only looks right (`/workspace-other`). Relative paths start at `/workspace`.
 */
export async function confine(path: string, roots: readonly string[], paths: PathMap): Promise<ConfinedPath> {
  if (path.includes('\0')) throw new ToolError('A path must not contain a NUL character.');
  const shown = stripTrailingSlash(posix.resolve('/workspace', path));
  if (!roots.some((root) => isWithin(shown, root))) throw outside(path, roots);
  const real = await resolveLinks(paths.toHost(shown), path, roots);
  for (const root of roots) {
    const realRoot = await realpathOrSame(paths.toHost(root));
    if (isWithin(real, realRoot)) return { shown, real };
  }
  throw outside(path, roots);
}

/** `realpath`, except that a missing tail is allowed. A link to nowhere is not: writing through it would create its target. */
async function resolveLinks(host: string, given: string, roots: readonly string[]): Promise<string> {
  try {
    return await realpath(host);
  } catch (error) {
    if (!isMissing(error)) throw new ToolError(`Cannot resolve ${given}`, { cause: error });
  }
  if (await isLink(host)) throw outside(given, roots);
  const parent = dirname(host);
  return parent === host ? host : join(await resolveLinks(parent, given, roots), basename(host));
}

async function isLink(host: string): Promise<boolean> {
  try {
    return (await lstat(host)).isSymbolicLink();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function realpathOrSame(host: string): Promise<string> {
  try {
    return await realpath(host);
  } catch (error) {
    if (isMissing(error)) return host;
    throw error;
  }
}

const outside = (path: string, roots: readonly string[]) =>
  new ToolError(`Access denied: ${path} is not under ${roots.join(', ')}.`);

const stripTrailingSlash = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
