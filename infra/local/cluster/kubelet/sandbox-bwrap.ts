import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

/**
 * The container by bubblewrap. Its options go through a file descriptor, because they can be longer than a command line
 * should be; the shell around it only opens that file.
 */
export async function bwrapCommand(spec: SandboxSpec, host: SandboxHost): Promise<HostCommand> {
  const { early, late } = splitEnv(spec.env);
  const options = join(spec.dir, 'bwrap.args');
  const ended = bwrapArguments(spec, host).map((argument) => `${argument}\0`);
  await writeFile(options, ended.join(''), { mode: 0o600 });
  const program = [...(host.asRoot ? dropPrivileges(spec.user, true) : []), '/usr/bin/env', ...late, ...spec.argv];
  const script = `PATH=${TOOL_PATH}; exec bwrap --args 9 -- "$@" 9<${quote(options)}`;
  return { argv: ['/bin/sh', '-c', script, 'bwrap', ...program], env: { ...early }, cwd: spec.dir };
}

function bwrapArguments(spec: SandboxSpec, { etc, asRoot }: SandboxHost): string[] {
  const unshared = [
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    ...(spec.network === 'none' ? ['--unshare-net'] : []),
  ];
  return [
    ...unshared,
    ...(asRoot ? [] : ['--unshare-user']),
    ...['--as-pid-1', '--die-with-parent', '--hostname', spec.hostname],
    ...systemFolders(),
    ...['--proc', '/proc', '--dev', '/dev', '--perms', '1777', '--tmpfs', '/tmp', '--perms', '0755', '--dir', '/etc'],
    ...readdirSync(etc).flatMap((name) => ['--ro-bind', join(etc, name), `/etc/${name}`]),
    ...['--ro-bind-try', '/etc/ssl', '/etc/ssl'],
    // bwrap would make missing parents for its own user only.
    ...parentsOf(spec.mounts.map(({ target }) => target)).flatMap((path) => ['--perms', '0755', '--dir', path]),
    ...spec.mounts.flatMap(({ source, target, readOnly }) => [readOnly ? '--ro-bind' : '--bind', source, target]),
    ...(spec.readOnlyRoot ? ['--remount-ro', '/'] : []),
    // setpriv changes the user and empties the bounding set, for which it needs these two itself.
    ...(asRoot
      ? ['--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--cap-add', 'CAP_SETPCAP']
      : ['--cap-drop', 'ALL']),
    ...['--chdir', spec.workDir],
  ];
}

/** The folders above the given paths, outermost first, without those that exist in every container. */
function parentsOf(paths: string[]): string[] {
  const parents = new Set<string>();
  for (const path of paths) for (let at = dirname(path); at !== '/'; at = dirname(at)) parents.add(at);
  const there = new Set(['/tmp', '/proc', '/dev', '/etc', '/etc/ssl']);
  const fixed = (path: string): boolean =>
    SYSTEM_FOLDERS.some((folder) => path === folder || path.startsWith(`${folder}/`));
  return [...parents].filter((path) => !there.has(path) && !fixed(path)).sort();
}

function systemFolders(): string[] {
  return SYSTEM_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    lstatSync(folder).isSymbolicLink() ? ['--symlink', readlinkSync(folder), folder] : ['--ro-bind', folder, folder],
  );
}
