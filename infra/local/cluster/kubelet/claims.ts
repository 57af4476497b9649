import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeClient } from '../../../../shared/kube/client.ts';
import type { KubeObject } from '../../../../shared/kube/objects.ts';
import { pathOf } from '../../../../shared/kube/resources.ts';
import { isConflict } from '../../../../shared/kube/status-error.ts';
import type { PersistentVolumeClaim } from '../client/core-types.ts';
import type { Informer } from '../client/informer.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../client/resources.ts';
import { createWorkQueue } from '../client/work-queue.ts';

export interface Claims {
  folder(namespace: string, claimName: string): Promise<string | undefined>;
  close(): Promise<void>;
}

const FIELD_MANAGER = 'local-provisioner';

/** Gives every claim a folder and a volume that stands for it, at once; the folder goes with the claim. */
export function startClaims(
  { client, claims, log }: { client: KubeClient; claims: Informer<PersistentVolumeClaim>; log(message: string): void },
  dir: string,
): Claims {
  const queue = createWorkQueue({ name: 'claims', reconcile, log });
  const folderOf = ({ metadata }: PersistentVolumeClaim): string => join(dir, 'claims', `pvc-${metadata.uid ?? ''}`);
  claims.onChange(({ type, object }) => {
    if (type === 'DELETED') void release(object);
    else queue.add(`${object.metadata.namespace}/${object.metadata.name}`);
  });

  async function reconcile(key: string): Promise<undefined> {
    const [namespace = '', name = ''] = key.split('/');
    const claim = claims.get(namespace, name);
    if (claim === undefined || claim.status?.phase === 'Bound' || claim.metadata.deletionTimestamp !== undefined)
      return;
    await bind(claim);
  }

  async function bind(claim: PersistentVolumeClaim): Promise<void> {
    const { namespace, name, uid, resourceVersion } = claim.metadata;
    const volumeName = `pvc-${uid ?? ''}`;
    const storage = claim.spec.resources?.requests?.['storage'] ?? '1Gi';
    const accessModes = claim.spec.accessModes ?? ['ReadWriteOnce'];
    await mkdir(folderOf(claim), { recursive: true });
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion };
    const volume: KubeObject & Record<string, unknown> = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volumeName },
      spec: {
        capacity: { storage },
        accessModes,
        claimRef,
        hostPath: { path: folderOf(claim) },
        persistentVolumeReclaimPolicy: 'Delete',
      },
    };
    await client.create(PERSISTENT_VOLUMES, volume, { fieldManager: FIELD_MANAGER }).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
    const at = { resource: PERSISTENT_VOLUME_CLAIMS, name, ...(namespace !== undefined && { namespace }) };
    await client.mergePatch(at, { metadata: { uid }, spec: { volumeName } }, { fieldManager: FIELD_MANAGER });
    await patchStatus(pathOf(PERSISTENT_VOLUME_CLAIMS, namespace, name), {
      phase: 'Bound',
      accessModes,
      capacity: { storage },
    });
    await patchStatus(pathOf(PERSISTENT_VOLUMES, undefined, volumeName), { phase: 'Bound' });
  }

  async function patchStatus(path: string, status: unknown): Promise<void> {
    const query = { fieldManager: FIELD_MANAGER };
    await client.json({
      method: 'PATCH',
      path: `${path}/status`,
      query,
      body: { status },
      contentType: 'application/merge-patch+json',
    });
  }

  async function release(claim: PersistentVolumeClaim): Promise<void> {
    await rm(folderOf(claim), { recursive: true, force: true });
    await client
      .remove({ resource: PERSISTENT_VOLUMES, name: `pvc-${claim.metadata.uid ?? ''}` })
      .catch((error: unknown) => log(String(error)));
  }

  return {
    async folder(namespace, claimName) {
      const claim = claims.get(namespace, claimName);
      if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return undefined;
      await mkdir(folderOf(claim), { recursive: true });
      return folderOf(claim);
    },
    close: () => queue.close(),
  };
}
