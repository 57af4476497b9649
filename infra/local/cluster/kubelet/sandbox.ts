import type { Mount } from './volumes.ts';

/** One container, as a sandbox builds it. */
export interface SandboxSpec {
  /** Folder of this attempt, for files that the sandbox needs. */
  dir: string;
  argv: string[];
  env: ReadonlyMap<string, string>;
  workDir: string;
  mounts: Mount[];
  network: 'host' | 'none';
  hostname: string;
  readOnlyRoot: boolean;
  user?: { uid: number; gid: number };
}

/** What to execute on the host, as whom and where. */
export interface HostCommand {
  argv: string[];
  env: Record<string, string>;
  cwd: string;
}

export interface SandboxHost {
  /** The prepared /etc. */
  etc: string;
  /** Root needs no user namespace, and can run containers as the user they ask for. */
  asRoot: boolean;
}

/** Folders of the system that programs need; on merged systems all but /usr are links into it. */
export const SYSTEM_FOLDERS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** Environment of the sandbox's own tools; never this process's. */
export const TOOL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Names that would change what the tools around the container do. They reach the container by `env` at the very end;
 * everything else goes through the process environment, where other users cannot read it.
 */
const FOR_THE_END =
  /^(PATH|IFS|ENV|LD_.*|BASH.*|SHELLOPTS|GCONV_PATH|LOCPATH|NLSPATH|GLIBC_.*|MALLOC_.*|LIBMOUNT_.*|TMPDIR|PS4)$|[^A-Za-z0-9_]/;

export function splitEnv(env: ReadonlyMap<string, string>): { early: Record<string, string>; late: string[] } {
  const early: Record<string, string> = {};
  const late: string[] = [];
  for (const [name, value] of env) {
    if (FOR_THE_END.test(name)) late.push(`${name}=${value}`);
    else early[name] = value;
  }
  return { early, late };
}

export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** No capability survives, whatever the user; as root also the user changes. */
export function dropPrivileges(user: { uid: number; gid: number } | undefined, asRoot: boolean): string[] {
  const identity = asRoot && user !== undefined ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  return ['/usr/bin/setpriv', ...identity, '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--'];
}
