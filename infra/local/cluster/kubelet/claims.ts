import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeClient } from '../../../../shared/kube/client.ts';
import type { KubeObject, ObjectMeta } from '../../../../shared/kube/objects.ts';
import { type ObjectRef, pathOf } from '../../../../shared/kube/resources.ts';
import { isConflict } from '../../../../shared/kube/status-error.ts';
import type { PersistentVolumeClaim, Pod } from '../client/core-types.ts';
import type { Informer } from '../client/informer.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../client/resources.ts';
import { createWorkQueue } from '../client/work-queue.ts';

export interface Claims {
  folder(namespace: string, claimName: string): Promise<string | undefined>;
  close(): Promise<void>;
}

const FIELD_MANAGER = 'local-provisioner';

interface ClaimsContext {
  client: KubeClient;
  claims: Informer<PersistentVolumeClaim>;
  pods: Informer<Pod>;
  log(message: string): void;
}

/**
 * Gives every claim a folder and a volume that stands for it, at once; the folder goes with the claim, and the
 * claim not before the last pod that uses it has ended.
 */
export function startClaims({ client, claims, pods, log }: ClaimsContext, dir: string): Claims {
  const queue = createWorkQueue({ name: 'claims', reconcile, log });
  const folderOf = ({ metadata }: PersistentVolumeClaim): string => join(dir, 'claims', `pvc-${metadata.uid ?? ''}`);
  claims.onChange(({ type, object }) => {
    if (type === 'DELETED')
      void release(object).catch((error: unknown) => log(`release of ${object.metadata.name}: ${String(error)}`));
    else queue.add(`${object.metadata.namespace}/${object.metadata.name}`);
  });

  pods.onChange(({ object }) => {
    for (const name of claimNames(object)) queue.add(`${object.metadata.namespace}/${name}`);
  });

  async function reconcile(key: string): Promise<undefined> {
    const [namespace = '', name = ''] = key.split('/');
    const claim = claims.get(namespace, name);
    if (claim?.metadata.deletionTimestamp !== undefined) return unprotect(claim);
    if (claim === undefined || claim.status?.phase === 'Bound') return;
    await bind(claim);
  }

  async function unprotect({ metadata }: PersistentVolumeClaim): Promise<undefined> {
    await pods.synced;
    const used = pods
      .list()
      .some((pod) => pod.metadata.namespace === metadata.namespace && isInUse(pod, metadata.name));
    if (!used)
      await dropFinalizer(
        { resource: PERSISTENT_VOLUME_CLAIMS, ...at(metadata) },
        metadata.finalizers,
        'kubernetes.io/pvc-protection',
      );
  }

  async function dropFinalizer(ref: ObjectRef, finalizers: string[] = [], name: string): Promise<void> {
    const left = finalizers.filter((finalizer) => finalizer !== name);
    if (left.length === finalizers.length) return;
    await client.mergePatch(
      ref,
      { metadata: { finalizers: left.length === 0 ? null : left } },
      { fieldManager: FIELD_MANAGER },
    );
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
    await client.mergePatch(
      { resource: PERSISTENT_VOLUME_CLAIMS, ...at(claim.metadata) },
      { metadata: { uid }, spec: { volumeName } },
      { fieldManager: FIELD_MANAGER },
    );
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
    const volume = { resource: PERSISTENT_VOLUMES, name: `pvc-${claim.metadata.uid ?? ''}` };
    await client.remove(volume);
    const live = await client.get(PERSISTENT_VOLUMES, volume);
    if (live !== undefined) await dropFinalizer(volume, live.metadata.finalizers, 'kubernetes.io/pv-protection');
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

const at = ({ namespace, name }: ObjectMeta): { namespace?: string; name: string } => ({
  name,
  ...(namespace !== undefined && { namespace }),
});

const claimNames = ({ spec }: Pod): string[] =>
  (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);

function isInUse(pod: Pod, claimName: string): boolean {
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return !ended && claimNames(pod).includes(claimName);
}
