/**
 * How containers are kept apart from the host.
 *
 * - `bwrap` (bubblewrap on PATH and usable) or `unshare` (util-linux): the container gets a mount, pid and IPC namespace
 *   of its own. It sees a fresh root with the host's /usr read-only, a small /etc, its own /proc, /dev and /tmp, the
 *   program it runs and the pod's volumes; no home folder and nothing else of the host. Capabilities are dropped. When
 *   its first process ends, the kernel ends the others.
 * - `none`: a plain process in the pod's folder. Programs of ours find their volumes through `SYMPOZIUM_ROOTFS_MAP`.
 *
 * Network: a container shares the host's (there is no pod network), unless its image says `none`: then it has an empty
 * network namespace. See `ResolvedImage.network` for how a pod asks for the host's network in spite of that.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dropPrivileges, type HostCommand, type SandboxSpec, splitEnv, TOOL_PATH } from './sandbox.ts';
import { bwrapCommand } from './sandbox-bwrap.ts';
import { unshareCommand } from './sandbox-unshare.ts';

const run = promisify(execFile);

export type IsolationKind = 'none' | 'bwrap' | 'unshare';

export interface Isolation {
  kind: IsolationKind;
  /** Builds the host command; may write files under `spec.dir`. */
  command(spec: SandboxSpec): Promise<HostCommand>;
  /** A command that runs inside a running container's namespaces (exec probes). `pid` is the container's first process. */
  enter(pid: number, spec: SandboxSpec, argv: string[]): HostCommand;
}

const plain: Isolation = {
  kind: 'none',
  async command({ argv, env, dir, workDir }) {
    const { early, late } = splitEnv(env);
    return { argv: ['/usr/bin/env', ...late, ...argv], env: early, cwd: workDir === '/' ? dir : workDir };
  },
  enter(_pid, { env, dir }, argv) {
    const { early, late } = splitEnv(env);
    return { argv: ['/usr/bin/env', ...late, ...argv], env: early, cwd: dir };
  },
};

const IS_ROOT = process.getuid?.() === 0;

/**
 * Finds the strongest isolation that works here, by running this Node in it. `wanted` skips the others.
 * `dir` is a folder of the kubelet for what sandboxes share.
 */
export async function detectIsolation(dir: string, wanted?: IsolationKind): Promise<Isolation> {
  if (wanted === 'none' || process.platform !== 'linux') return plain;
  const etc = await prepareEtc(dir);
  const candidates: Isolation[] = [
    { kind: 'bwrap', command: (spec) => bwrapCommand(spec, { etc, asRoot: IS_ROOT }), enter },
    { kind: 'unshare', command: (spec) => unshareCommand(spec, { etc, asRoot: IS_ROOT }), enter },
  ];
  for (const candidate of candidates) {
    if (wanted !== undefined && candidate.kind !== wanted) continue;
    if (await works(candidate, join(dir, 'probe'))) return candidate;
  }
  return plain;
}

async function works(isolation: Isolation, dir: string): Promise<boolean> {
  await mkdir(dir, { recursive: true });
  const spec: SandboxSpec = {
    dir,
    argv: [
      process.execPath,
      '-e',
      'process.exit(require("node:fs").existsSync("/root/.") && process.getuid() !== 0 ? 3 : 0)',
    ],
    env: new Map([['PATH', TOOL_PATH]]),
    workDir: '/',
    mounts: [{ source: process.execPath, target: process.execPath, readOnly: true }],
    network: 'none',
    hostname: 'probe',
    readOnlyRoot: true,
    ...(IS_ROOT && { user: { uid: 65534, gid: 65534 } }),
  };
  try {
    const { argv, env, cwd } = await isolation.command(spec);
    const [file = '', ...args] = argv;
    await run(file, args, { env, cwd, timeout: 20_000, killSignal: 'SIGKILL' });
    return true;
  } catch {
    return false;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function enter(pid: number, spec: SandboxSpec, argv: string[]): HostCommand {
  const { early, late } = splitEnv(spec.env);
  const user = IS_ROOT ? [] : ['--user', '--preserve-credentials'];
  const namespaces = ['--mount', '--pid', '--ipc', ...(spec.network === 'none' ? ['--net'] : []), '--root', '--wd'];
  const drop = dropPrivileges(spec.user, IS_ROOT);
  return {
    argv: ['nsenter', '--target', String(pid), ...user, ...namespaces, '--', ...drop, '/usr/bin/env', ...late, ...argv],
    env: early,
    cwd: '/',
  };
}

/** The /etc that every container gets: names and certificates, nothing of the host's configuration. */
async function prepareEtc(dir: string): Promise<string> {
  const etc = join(dir, 'etc');
  await mkdir(etc, { recursive: true, mode: 0o755 });
  await writeFile(
    join(etc, 'passwd'),
    'root:x:0:0:root:/:/bin/sh\nagent:x:1000:1000:agent:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n',
  );
  await writeFile(join(etc, 'group'), 'root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n');
  for (const name of ['resolv.conf', 'hosts', 'nsswitch.conf', 'ld.so.cache', 'localtime']) {
    await cp(join('/etc', name), join(etc, name), { dereference: true }).catch(() => undefined);
  }
  // Links into /usr, such as which awk is meant.
  await cp('/etc/alternatives', join(etc, 'alternatives'), { recursive: true, verbatimSymlinks: true }).catch(
    () => undefined,
  );
  return etc;
}
