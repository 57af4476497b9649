import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Pod } from '../client/core-types.ts';
import { containerEnv } from './container-env.ts';
import { expand } from './expand.ts';
import { NETWORK_ANNOTATION, pathInside, type ResolvedImage } from './images.ts';
import type { PodContext } from './pod-context.ts';
import { type SandboxSpec, TOOL_PATH } from './sandbox.ts';
import { containerMounts, type Mount } from './volumes.ts';

/** A container that cannot be started here; `reason` is what its waiting state shows. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export interface Launch {
  pod: Pod;
  container: Container;
  image: ResolvedImage;
  folders: ReadonlyMap<string, string>;
  /** Folder of this attempt. */
  dir: string;
  context: PodContext;
}

export const TERMINATION_LOG = 'termination-log';
const HARMLESS = /^(\/(usr\/)?bin\/)?(sleep|true|false)$/;

/** Puts together everything a container runs with. Throws `ContainerConfigError`, `VolumeError` or `LaunchError`. */
export async function sandboxSpec(launch: Launch): Promise<SandboxSpec> {
  const { pod, container, image, folders, dir, context } = launch;
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  const mounts = [...(await containerMounts(container, pod, folders)), terminationLog(container, dir)];
  const isolated = context.isolation.kind !== 'none';
  const base = new Map(Object.entries({ ...baseEnv(launch, isolated), ...image.env }));
  const { metadata } = pod;
  const read = context.readerFor(metadata.namespace ?? '');
  const env = await containerEnv(pod, container, { read, node: context.node, base });
  const command = commandOf(launch, env);
  const argv = isolated ? command.map((word) => pathInside(word, image.visible ?? [])) : command;
  // Last, so that no pod can claim an isolation that it has not.
  for (const [name, value] of Object.entries(isolationEnv(context, isolated ? undefined : mounts)))
    env.set(name, value);
  const user = identityOf(launch);
  return {
    dir,
    argv,
    env,
    workDir: workDirOf(launch, isolated ? undefined : mounts),
    mounts: isolated ? [...mounts, ...(image.visible ?? [])] : mounts,
    network: networkOf(launch),
    hostname: metadata.name.slice(0, 63),
    readOnlyRoot: container.securityContext?.readOnlyRootFilesystem === true,
    ...(user !== undefined && { user }),
  };
}

function commandOf({ container, image, context }: Launch, env: ReadonlyMap<string, string>): string[] {
  const expandAll = (words: string[] = []): string[] => words.map((word) => expand(word, env));
  const own = container.command !== undefined && container.command.length > 0;
  const argv = [...(own ? expandAll(container.command) : image.command), ...expandAll(container.args)];
  const foreign = own || image.visible === undefined;
  if (foreign && context.isolation.kind === 'none' && !context.allowHostCommands && !HARMLESS.test(argv[0] ?? '')) {
    throw new LaunchError(
      'CreateContainerError',
      `command ${JSON.stringify(argv[0] ?? '')} would run on the host without isolation: install bubblewrap, or allow host commands`,
    );
  }
  return argv;
}

function baseEnv({ pod, dir, context }: Launch, isolated: boolean): Record<string, string> {
  return {
    PATH: TOOL_PATH,
    HOME: isolated ? '/tmp' : dir,
    HOSTNAME: pod.metadata.name,
    ...(process.env['TZ'] !== undefined && { TZ: process.env['TZ'] }),
    ...context.clusterEnv,
  };
}

function isolationEnv(
  { isolation, allowHostCommands }: PodContext,
  translated: Mount[] | undefined,
): Record<string, string> {
  return {
    SYMPOZIUM_ISOLATION: isolation.kind,
    ...(allowHostCommands && { SYMPOZIUM_ALLOW_HOST_COMMANDS: 'true' }),
    ...(translated !== undefined && {
      SYMPOZIUM_ROOTFS_MAP: JSON.stringify(Object.fromEntries(translated.map((m) => [m.target, m.source]))),
    }),
  };
}

function workDirOf({ container, image, dir }: Launch, translated: Mount[] | undefined): string {
  const wanted = container.workingDir ?? image.workDir ?? '/';
  if (translated === undefined) return wanted;
  const mount = translated.findLast(({ target }) => wanted === target || wanted.startsWith(`${target}/`));
  return mount === undefined ? dir : join(mount.source, wanted.slice(mount.target.length));
}

function terminationLog(container: Container, dir: string): Mount {
  const file = join(dir, TERMINATION_LOG);
  writeFileSync(file, '');
  chmodSync(file, 0o666); // the container may run as any user
  return { source: file, target: container.terminationMessagePath ?? '/dev/termination-log', readOnly: false };
}

function networkOf({ pod, container, image }: Launch): 'host' | 'none' {
  if (image.network !== 'none' || pod.spec.hostNetwork === true) return 'host';
  if (pod.metadata.annotations?.[NETWORK_ANNOTATION] === 'host') return 'host';
  // A container that is given a token is meant to talk to the API server.
  const withToken = pod.spec.volumes?.filter((volume) =>
    volume.projected?.sources?.some((source) => source.serviceAccountToken !== undefined),
  );
  const mounted = withToken?.some((volume) => container.volumeMounts?.some((mount) => mount.name === volume.name));
  return mounted === true ? 'host' : 'none';
}

/** Only root can run a container as the user it asks for; everybody else runs it as themselves. */
function identityOf({ pod, container }: Launch): { uid: number; gid: number } | undefined {
  const uid = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  if (process.getuid?.() !== 0 || uid === undefined) return undefined;
  const gid =
    container.securityContext?.runAsGroup ?? pod.spec.securityContext?.runAsGroup ?? pod.spec.securityContext?.fsGroup;
  return { uid, gid: gid ?? uid };
}
