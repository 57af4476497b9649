import { chmod, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container, Pod, Volume } from '../client/core-types.ts';
import { type ContentSources, safePath, VolumeError, volumeContent } from './volume-content.ts';

/** A folder or file of the host, and where a container sees it. */
export interface Mount {
  source: string;
  target: string;
  readOnly: boolean;
}

export interface VolumeOptions {
  /** Folder of the pod. */
  podDir: string;
  sources: ContentSources;
  /** The folder of a claim, bound on first use; undefined while there is no such claim. */
  claimFolder(claimName: string): Promise<string | undefined>;
  allowHostPath: boolean;
  /** Owner to give folders that the pod writes to; only root can. */
  owner?: { uid: number; gid: number };
}

/** Makes every volume of the pod a folder. Volume name → host path. Throws `VolumeError` for what is not there yet. */
export async function setUpVolumes(pod: Pod, options: VolumeOptions): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    try {
      folders.set(volume.name, await setUp(pod, volume, options));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${message}`, { cause: error });
    }
  }
  return folders;
}

async function setUp(pod: Pod, volume: Volume, options: VolumeOptions): Promise<string> {
  if (volume.hostPath !== undefined) {
    if (!options.allowHostPath) throw new VolumeError('hostPath volumes are not allowed in the embedded cluster');
    if (volume.hostPath.type === 'DirectoryOrCreate') await mkdir(volume.hostPath.path, { recursive: true });
    return volume.hostPath.path;
  }
  if (volume.persistentVolumeClaim !== undefined) {
    const { claimName } = volume.persistentVolumeClaim;
    const folder = await options.claimFolder(claimName);
    if (folder === undefined) throw new VolumeError(`persistentvolumeclaim "${claimName}" not found`);
    return writable(folder, options);
  }
  const folder = join(options.podDir, 'volumes', volume.name);
  const files = await volumeContent(pod, volume, options.sources);
  if (files !== undefined) return fill(folder, files, options);
  if (volume.emptyDir === undefined && Object.keys(volume).length > 1)
    throw new VolumeError('the embedded cluster does not know this kind of volume');
  return writable(folder, options);
}

/** Generated content is written beside and moved in place, so that no half-written volume is ever seen. */
async function fill(
  folder: string,
  files: Awaited<ReturnType<typeof volumeContent>> & object,
  { owner }: VolumeOptions,
): Promise<string> {
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o755 });
  for (const { path, data, mode } of files) {
    const file = join(fresh, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data);
    // Files stay root's; the pod's group may read them (fsGroup).
    if (owner !== undefined) await chown(file, 0, owner.gid);
    await chmod(file, owner === undefined ? mode : mode | ((mode & 0o400) >> 3));
  }
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  return folder;
}

async function writable(folder: string, { owner }: VolumeOptions): Promise<string> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o777);
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  return folder;
}

/** Where each volume of a container is mounted, parents before what is mounted inside them. */
export async function containerMounts(
  container: Container,
  pod: Pod,
  folders: ReadonlyMap<string, string>,
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const { name, mountPath, subPath, readOnly } of container.volumeMounts ?? []) {
    const folder = folders.get(name);
    if (folder === undefined) throw new VolumeError(`volume "${name}" is not defined in the pod`);
    const volume = pod.spec.volumes?.find((candidate) => candidate.name === name);
    const source = subPath === undefined || subPath === '' ? folder : join(folder, safePath(subPath));
    const generated = volume !== undefined && isGenerated(volume);
    // A sub path of a writable volume is made when it is missing (Kubernetes convention).
    if (source !== folder && !generated) await mkdir(source, { recursive: true, mode: 0o777 });
    const claimReadOnly = volume?.persistentVolumeClaim?.readOnly === true;
    mounts.push({ source, target: mountPath, readOnly: readOnly === true || generated || claimReadOnly });
  }
  return mounts.sort((a, b) => a.target.length - b.target.length);
}

const isGenerated = (volume: Volume): boolean =>
  volume.configMap !== undefined ||
  volume.secret !== undefined ||
  volume.projected !== undefined ||
  volume.downwardAPI !== undefined;
