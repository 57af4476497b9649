import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Container, Pod, Volume } from '../client/core-types.ts';
import { emptyDirOverflow } from './eviction.ts';
import { safePath } from './volume-content.ts';
import { containerMounts, setUpVolumes, type VolumeOptions } from './volumes.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'volumes-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const objects = new Map([
  [
    'configmap/cm',
    new Map([
      ['a', Buffer.from('1')],
      ['b', Buffer.from('2')],
    ]),
  ],
  ['secret/s', new Map([['token', Buffer.from('hidden')]])],
]);

const options = (): VolumeOptions => ({
  podDir: dir,
  sources: {
    read: async (kind, name) => objects.get(`${kind}/${name}`),
    node: { nodeName: 'local', address: '127.0.0.1', cpus: 1, memoryBytes: 1 },
    token: async ({ serviceAccount, audience }) => `${serviceAccount}@${audience ?? ''}`,
  },
  claimFolder: async (name) => (name === 'claim' ? join(dir, 'claims', name) : undefined),
  allowHostPath: false,
});

function aPod(volumes: Volume[], container: Partial<Container> = {}): Pod {
  const metadata = { name: 'p', namespace: 'n', uid: 'u', labels: { app: 'x' } };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { volumes, containers: [{ name: 'c', ...container }] } };
}

describe('setUpVolumes', () => {
  it('writes every key of a ConfigMap when no items are named', async () => {
    const folders = await setUpVolumes(aPod([{ name: 'v', configMap: { name: 'cm' } }]), options());
    expect((await readdir(folders.get('v') ?? '')).sort()).toEqual(['a', 'b']);
  });

  it('writes only the items that are named, at their paths and with their modes', async () => {
    const items = [{ key: 'token', path: 'deep/file', mode: 0o400 }];
    const folders = await setUpVolumes(aPod([{ name: 'v', secret: { secretName: 's', items } }]), options());
    const file = join(folders.get('v') ?? '', 'deep/file');
    expect(await readFile(file, 'utf8')).toBe('hidden');
    expect((await stat(file)).mode & 0o777).toBe(0o400);
  });

  it('puts all sources of a projected volume together, and a later one wins', async () => {
    const volume: Volume = {
      name: 'v',
      projected: {
        sources: [
          { configMap: { name: 'cm' } },
          { secret: { name: 's', items: [{ key: 'token', path: 'a' }] } },
          { serviceAccountToken: { path: 'token', audience: 'x' } },
          { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          { configMap: { name: 'missing', optional: true } },
        ],
      },
    };
    const folder = (await setUpVolumes(aPod([volume]), options())).get('v') ?? '';
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('hidden');
    expect(await readFile(join(folder, 'b'), 'utf8')).toBe('2');
    expect(await readFile(join(folder, 'token'), 'utf8')).toBe('default@x');
    expect(await readFile(join(folder, 'labels'), 'utf8')).toBe('app="x"');
  });

  it.each<{ when: string; volume: Volume; message: string }>([
    {
      when: 'a ConfigMap is missing',
      volume: { name: 'v', configMap: { name: 'x' } },
      message: 'MountVolume.SetUp failed for volume "v" : configmap "x" not found',
    },
    {
      when: 'a key is missing',
      volume: { name: 'v', secret: { secretName: 's', items: [{ key: 'k', path: 'k' }] } },
      message: 'references non-existent secret key: k',
    },
    {
      when: 'a claim is missing',
      volume: { name: 'v', persistentVolumeClaim: { claimName: 'x' } },
      message: 'persistentvolumeclaim "x" not found',
    },
    {
      when: 'a folder of the host is asked for',
      volume: { name: 'v', hostPath: { path: '/etc' } },
      message: 'hostPath volumes are not allowed',
    },
    {
      when: 'a path leads out of the volume',
      volume: { name: 'v', configMap: { name: 'cm', items: [{ key: 'a', path: '../a' }] } },
      message: 'must not contain ".."',
    },
  ])('fails when $when', async ({ volume, message }) => {
    await expect(setUpVolumes(aPod([volume]), options())).rejects.toThrow(message);
  });

  it('leaves a volume empty when its optional source is missing', async () => {
    const folders = await setUpVolumes(aPod([{ name: 'v', configMap: { name: 'x', optional: true } }]), options());
    expect(await readdir(folders.get('v') ?? '')).toEqual([]);
  });
});

describe('containerMounts', () => {
  it('makes a missing sub path and mounts parents first', async () => {
    const volumes: Volume[] = [
      { name: 'e', emptyDir: {} },
      { name: 'm', configMap: { name: 'cm' } },
    ];
    const container: Container = {
      name: 'c',
      volumeMounts: [
        { name: 'm', mountPath: '/w/conf/a', subPath: 'a' },
        { name: 'e', mountPath: '/w', subPath: 'made' },
      ],
    };
    const pod = aPod(volumes, container);
    const mounts = await containerMounts(container, pod, await setUpVolumes(pod, options()));
    expect(mounts.map(({ target, readOnly }) => [target, readOnly])).toEqual([
      ['/w', false],
      ['/w/conf/a', true],
    ]);
    expect((await stat(mounts[0]?.source ?? '')).isDirectory()).toBe(true);
  });
});

describe('emptyDirOverflow', () => {
  it('says which volume and which limit when there is too much in it', async () => {
    const pod = aPod([{ name: 'e', emptyDir: { sizeLimit: '4Ki' } }]);
    const folders = await setUpVolumes(pod, options());
    expect(await emptyDirOverflow(pod, folders)).toBeUndefined();
    await writeFile(join(folders.get('e') ?? '', 'big'), Buffer.alloc(64 * 1024, 1));
    expect(await emptyDirOverflow(pod, folders)).toBe('Usage of EmptyDir volume "e" exceeds the limit "4Ki". ');
  });
});

describe('safePath', () => {
  it('lets no path through that leaves the folder it is joined to', () => {
    const part = fc.constantFrom('a', 'b', '..', '.', '');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const path = parts.join('/');
        try {
          safePath(path);
        } catch {
          return;
        }
        expect(join('/volume', path).startsWith('/volume')).toBe(true);
      }),
    );
  });
});
