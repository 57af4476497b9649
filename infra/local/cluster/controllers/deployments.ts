import { createHash } from 'node:crypto';
import { controllerReference } from '../../../../shared/kube/objects.ts';
import { refOf } from '../../../../shared/kube/resources.ts';
import { isConflict } from '../../../../shared/kube/status-error.ts';
import type { Condition, Deployment, DeploymentStatus, PodTemplate, ReplicaSet } from '../client/core-types.ts';
import { DEPLOYMENTS, REPLICA_SETS } from '../client/resources.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import {
  type Controller,
  type ControllerContext,
  isOwnedBy,
  keyOf,
  ownerKey,
  patchStatus,
  splitKey,
} from './controller.ts';

const FIELD_MANAGER = 'deployment-controller';
const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';

/** Names a template: the same one always has the same hash, in letters that ReplicaSet names allow. */
export function templateHash(template: PodTemplate): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
}

/**
 * Rolls Deployments out by ReplicaSets. Rolling is simple: the new set comes up in full, and the old ones go when it is
 * ready (as with `maxSurge: 100%`, `maxUnavailable: 0`); with `Recreate` the old ones go first.
 */
export function startDeploymentController({ client, informers, log }: ControllerContext): Controller {
  const deployments = informers.of<Deployment>(DEPLOYMENTS);
  const sets = informers.of<ReplicaSet>(REPLICA_SETS);
  const queue = createWorkQueue({ name: 'deployment', reconcile, log });
  deployments.onChange(({ object }) => queue.add(keyOf(object)));
  sets.onChange(({ object }) => {
    const key = ownerKey(object, 'Deployment');
    if (key !== undefined) queue.add(key);
  });

  async function reconcile(key: string): Promise<undefined> {
    await Promise.all([deployments.synced, sets.synced]);
    const { namespace, name } = splitKey(key);
    const deployment = deployments.get(namespace, name);
    if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
    const owned = sets.list().filter((set) => isOwnedBy(set, deployment.metadata.uid));
    const hash = templateHash(deployment.spec.template);
    const current = owned.find((set) => set.metadata.labels?.[HASH_LABEL] === hash);
    const old = owned.filter((set) => set !== current);
    if (deployment.spec.paused !== true) await roll(deployment, current, old, hash);
    await report(deployment, current, old);
  }

  async function roll(
    deployment: Deployment,
    current: ReplicaSet | undefined,
    old: ReplicaSet[],
    hash: string,
  ): Promise<void> {
    const replicas = deployment.spec.replicas ?? 1;
    const recreate = deployment.spec.strategy?.type === 'Recreate';
    const ready = (current?.status?.readyReplicas ?? 0) >= replicas && current?.spec.replicas === replicas;
    if (recreate || ready) for (const set of old) await scale(set, 0);
    const oldPods = old.reduce((sum, set) => sum + (set.status?.replicas ?? 0), 0);
    if (recreate && oldPods > 0) return;
    if (current === undefined) await createSet(deployment, old, hash);
    else await scale(current, replicas);
    await prune(deployment, old);
  }

  async function createSet(deployment: Deployment, old: ReplicaSet[], hash: string): Promise<void> {
    const { template, selector, replicas = 1 } = deployment.spec;
    const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
    const set: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: deployment.metadata.namespace ?? '',
        labels,
        annotations: { [REVISION]: String(Math.max(0, ...old.map(revisionOf)) + 1) },
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas,
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    await client.create(REPLICA_SETS, set, { fieldManager: FIELD_MANAGER }).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
  }

  async function scale(set: ReplicaSet, replicas: number): Promise<void> {
    if (set.spec.replicas === replicas) return;
    await client.mergePatch(
      refOf(REPLICA_SETS, set),
      { metadata: { uid: set.metadata.uid }, spec: { replicas } },
      { fieldManager: FIELD_MANAGER },
    );
  }

  async function prune({ spec }: Deployment, old: ReplicaSet[]): Promise<void> {
    const idle = old
      .filter((set) => set.spec.replicas === 0 && (set.status?.replicas ?? 0) === 0)
      .sort((a, b) => revisionOf(b) - revisionOf(a));
    for (const set of idle.slice(spec.revisionHistoryLimit ?? 10)) await client.remove(refOf(REPLICA_SETS, set));
  }

  async function report(deployment: Deployment, current: ReplicaSet | undefined, old: ReplicaSet[]): Promise<void> {
    const status = deploymentStatus(deployment, current, old, new Date());
    if (JSON.stringify(comparable(status)) === JSON.stringify(comparable(deployment.status ?? {}))) return;
    await patchStatus(client, DEPLOYMENTS, deployment, status, FIELD_MANAGER);
  }
  return { close: () => queue.close() };
}

const revisionOf = (set: ReplicaSet): number => Number(set.metadata.annotations?.[REVISION] ?? 0);

export function deploymentStatus(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: ReplicaSet[],
  now: Date,
): DeploymentStatus {
  const sum = (of: (set: ReplicaSet) => number | undefined): number =>
    [...old, ...(current === undefined ? [] : [current])].reduce((n, set) => n + (of(set) ?? 0), 0);
  const wanted = deployment.spec.replicas ?? 1;
  const available = sum((set) => set.status?.availableReplicas);
  const updated = current?.status?.replicas ?? 0;
  const complete = updated >= wanted && available >= wanted && sum((set) => set.status?.replicas) === updated;
  const conditions: Condition[] = [
    available >= wanted
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    {
      type: 'Progressing',
      status: 'True',
      reason: complete ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
      message: `ReplicaSet "${current?.metadata.name ?? ''}" ${complete ? 'has successfully progressed.' : 'is progressing.'}`,
    },
  ];
  const time = `${now.toISOString().slice(0, 19)}Z`;
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum((set) => set.status?.replicas),
    updatedReplicas: updated,
    readyReplicas: sum((set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wanted - available),
    conditions: conditions.map((claim) => {
      const before = deployment.status?.conditions?.find(({ type }) => type === claim.type);
      const since = before?.status === claim.status ? before.lastTransitionTime : undefined;
      return { ...claim, lastTransitionTime: since ?? time, lastUpdateTime: time };
    }),
  };
}

function comparable(status: DeploymentStatus): unknown {
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    readyReplicas = 0,
    availableReplicas = 0,
    unavailableReplicas = 0,
  } = status;
  const conditions = (status.conditions ?? [])
    .map(({ type, status: value, reason }) => `${type}=${value}:${reason}`)
    .sort();
  return [
    observedGeneration,
    replicas,
    updatedReplicas,
    readyReplicas,
    availableReplicas,
    unavailableReplicas,
    conditions,
  ];
}
