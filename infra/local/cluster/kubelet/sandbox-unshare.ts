import { existsSync, lstatSync, readlinkSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  dropPrivileges,
  type HostCommand,
  quote,
  type SandboxHost,
  type SandboxSpec,
  SYSTEM_FOLDERS,
  splitEnv,
  TOOL_PATH,
} from './sandbox.ts';

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'];

/**
 * The container by util-linux's tools alone: `unshare` makes the namespaces, and a script that runs as the container's
 * first process builds the root, moves into it and becomes the program.
 */
export async function unshareCommand(spec: SandboxSpec, host: SandboxHost): Promise<HostCommand> {
  const { early } = splitEnv(spec.env);
  const root = join(spec.dir, 'rootfs');
  const script = join(spec.dir, 'setup.sh');
  await mkdir(root, { recursive: true });
  await writeFile(script, setupScript(spec, host, root), { mode: 0o600 });
  const namespaces = [
    '--mount',
    '--pid',
    '--ipc',
    '--uts',
    ...(spec.network === 'none' ? ['--net'] : []),
    ...(host.asRoot ? [] : ['--map-root-user']),
  ];
  return {
    argv: [
      '/usr/bin/unshare',
      ...namespaces,
      '--propagation',
      'private',
      '--fork',
      '--kill-child',
      '--',
      '/bin/sh',
      script,
    ],
    env: { ...early },
    cwd: spec.dir,
  };
}

export function setupScript(spec: SandboxSpec, { etc, asRoot }: SandboxHost, root: string): string {
  const { late } = splitEnv(spec.env);
  const lines = [
    'set -eu',
    `PATH=${TOOL_PATH}`,
    `mount -t tmpfs -o mode=0755,size=64m,nosuid tmpfs ${quote(root)}`,
    `cd ${quote(root)}`,
    'bind() { mount --rbind -o "$3" -- "$1" "$2"; }',
    'mkdir proc dev etc dev/shm .host',
    'mkdir -m 1777 tmp',
    'chmod 1777 dev/shm',
    ...systemFolders(),
    `cp -a ${quote(`${etc}/.`)} etc/`,
    ...(existsSync('/etc/ssl') ? ['mkdir etc/ssl', 'bind /etc/ssl etc/ssl ro,nosuid,nodev'] : []),
    'mount -t proc -o nosuid,nodev,noexec proc proc',
    ...DEVICES.flatMap((device) => [`: > dev/${device}`, `mount --bind /dev/${device} dev/${device}`]),
    'ln -s /proc/self/fd dev/fd; ln -s /proc/self/fd/0 dev/stdin; ln -s /proc/self/fd/1 dev/stdout; ln -s /proc/self/fd/2 dev/stderr',
    ...spec.mounts.flatMap(bindLines),
    `hostname ${quote(spec.hostname)} 2>/dev/null || true`,
    'pivot_root . .host',
    'cd /',
    'umount -l /.host',
    'rmdir /.host',
    ...(spec.readOnlyRoot ? ['mount -o remount,bind,ro /'] : []),
    `mkdir -p ${quote(spec.workDir)} 2>/dev/null || true`,
    `cd ${quote(spec.workDir)}`,
    `exec ${[...dropPrivileges(spec.user, asRoot), '/usr/bin/env', ...late, `PWD=${spec.workDir}`, ...spec.argv].map(quote).join(' ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

function systemFolders(): string[] {
  return SYSTEM_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) => {
    const name = folder.slice(1);
    if (lstatSync(folder).isSymbolicLink()) return [`ln -s ${quote(readlinkSync(folder))} ${name}`];
    return [`mkdir ${name}`, `bind ${folder} ${name} ro,nosuid,nodev`];
  });
}

function bindLines({ source, target, readOnly }: { source: string; target: string; readOnly: boolean }): string[] {
  const at = quote(`.${target}`);
  const isFolder = statSync(source, { throwIfNoEntry: false })?.isDirectory() !== false;
  const place = isFolder ? `mkdir -p ${at}` : `mkdir -p "$(dirname ${at})"; [ -e ${at} ] || : > ${at}`;
  return [place, `bind ${quote(source)} ${at} ${readOnly ? 'ro' : 'rw'},nosuid,nodev`];
}
