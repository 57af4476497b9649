import type { DownwardItem, KeyToPath, Pod, ProjectedSource, Volume } from '../client/core-types.ts';
import type { ReadData } from './container-env.ts';
import { fieldValue, type NodeFacts, resourceValue } from './field-ref.ts';

/** A file of a generated volume; `path` is relative to the volume. */
export interface VolumeFile {
  path: string;
  data: Buffer;
  mode: number;
}

/** A volume that cannot be set up yet; the message is what the `FailedMount` event says. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

export interface ContentSources {
  read: ReadData;
  node: NodeFacts;
  token(request: { serviceAccount: string; audience?: string; expirationSeconds?: number }): Promise<string>;
}

const DEFAULT_MODE = 0o644;

/** The files of a configMap, secret, downwardAPI or projected volume; undefined for volumes that hold no generated files. */
export async function volumeContent(
  pod: Pod,
  volume: Volume,
  sources: ContentSources,
): Promise<VolumeFile[] | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined)
    return fromData('configmap', configMap.name, configMap, sources.read, configMap.defaultMode);
  if (secret !== undefined) return fromData('secret', secret.secretName, secret, sources.read, secret.defaultMode);
  if (downwardAPI !== undefined) return downward(pod, downwardAPI.items, sources.node, downwardAPI.defaultMode);
  if (projected === undefined) return undefined;
  const files = new Map<string, VolumeFile>();
  for (const source of projected.sources ?? []) {
    for (const file of await fromSource(pod, source, sources, projected.defaultMode)) files.set(file.path, file);
  }
  return [...files.values()];
}

async function fromSource(
  pod: Pod,
  source: ProjectedSource,
  sources: ContentSources,
  defaultMode?: number,
): Promise<VolumeFile[]> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined) return fromData('configmap', configMap.name, configMap, sources.read, defaultMode);
  if (secret !== undefined) return fromData('secret', secret.name, secret, sources.read, defaultMode);
  if (downwardAPI !== undefined) return downward(pod, downwardAPI.items, sources.node, defaultMode);
  if (serviceAccountToken === undefined) return [];
  const { path, ...request } = serviceAccountToken;
  const token = await sources.token({ serviceAccount: pod.spec.serviceAccountName ?? 'default', ...request });
  return [{ path: safePath(path), data: Buffer.from(token), mode: defaultMode ?? DEFAULT_MODE }];
}

async function fromData(
  kind: 'configmap' | 'secret',
  name: string,
  { items, optional }: { items?: KeyToPath[]; optional?: boolean },
  read: ReadData,
  defaultMode = DEFAULT_MODE,
): Promise<VolumeFile[]> {
  const data = await read(kind, name);
  if (data === undefined) {
    if (optional === true) return [];
    throw new VolumeError(`${kind} "${name}" not found`);
  }
  if (items === undefined)
    return [...data].map(([key, value]) => ({ path: safePath(key), data: value, mode: defaultMode }));
  return items.flatMap(({ key, path, mode }) => {
    const value = data.get(key);
    if (value !== undefined) return [{ path: safePath(path), data: value, mode: mode ?? defaultMode }];
    if (optional === true) return [];
    throw new VolumeError(`references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${key}`);
  });
}

function downward(pod: Pod, items: DownwardItem[] = [], node: NodeFacts, defaultMode = DEFAULT_MODE): VolumeFile[] {
  return items.map(({ path, fieldRef, resourceFieldRef, mode }) => {
    const container = pod.spec.containers.find((c) => c.name === resourceFieldRef?.containerName);
    const resource =
      resourceFieldRef !== undefined && container !== undefined ? resourceValue(container, resourceFieldRef, node) : '';
    const text = fieldRef === undefined ? resource : fieldValue(pod, fieldRef.fieldPath, node);
    return { path: safePath(path), data: Buffer.from(text), mode: mode ?? defaultMode };
  });
}

/** Keys and item paths become file names: none may lead out of the volume. */
export function safePath(path: string): string {
  if (path === '' || path.startsWith('/') || path.split('/').some((part) => part === '..' || part === '')) {
    throw new VolumeError(`path "${path}" must be relative and must not contain ".."`);
  }
  return path;
}
