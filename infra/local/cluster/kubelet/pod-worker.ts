import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PODS, pathOf } from '../../../../shared/kube/resources.ts';
import { isConflict, isNotFound } from '../../../../shared/kube/status-error.ts';
import type { Pod } from '../client/core-types.ts';
import { type ContainerRuntime, createContainerRuntime } from './container-runtime.ts';
import { emptyDirOverflow } from './eviction.ts';
import { decide, type PodActions } from './pod-actions.ts';
import type { PodContext } from './pod-context.ts';
import { type ContainerRecord, type PodFacts, podStatus, terminatedState } from './pod-status.ts';
import { createStatusWriter } from './pod-status-writer.ts';
import type { ProcessEntry } from './process-table.ts';
import { setUpVolumes } from './volumes.ts';

/** Runs one pod, from its binding to its removal. Level-triggered: whatever happens, it decides from how things are. */
export interface PodWorker {
  update(pod: Pod): void;
  /** The pod's object is gone: ends what runs and removes the pod's folder. */
  remove(): Promise<void>;
  /** The kubelet ends: so do the pod's processes. Resolves when they have, and the status says so. */
  shutDown(graceMs: number): Promise<void>;
  enforceLimits(table: readonly ProcessEntry[]): Promise<void>;
  log(container: string, previous: boolean): { file: string; ended(): boolean } | undefined;
  active(): boolean;
}

interface Ending {
  reason?: string;
  message?: string;
  graceMs?: number;
}

/** What this node will never run: the pod ends at once, as one that a kubelet does not admit. */
function refusal({ spec: { volumes = [] } }: Pod, { allowHostPath }: PodContext): Ending | undefined {
  const asking = allowHostPath ? undefined : volumes.find(({ hostPath }) => hostPath !== undefined);
  if (asking === undefined) return undefined;
  const message = `Pod was rejected: volume "${asking.name}": hostPath volumes are not allowed in the embedded cluster`;
  return { reason: 'HostPathNotAllowed', message };
}

const VOLUME_RETRY_MS = 1_000;
const MAX_VOLUME_RETRY_MS = 15_000;

export function createPodWorker(first: Pod, context: PodContext): PodWorker {
  let pod = first;
  const podDir = join(context.dir, 'pods', first.metadata.uid ?? '');
  const runtimes = createRuntimes();
  const statusWriter = createStatusWriter(context);
  // A pod that had ended before this kubelet started is only kept for its log.
  const settled = first.status?.phase === 'Succeeded' || first.status?.phase === 'Failed';
  const startTime = first.status?.startTime === undefined ? Date.now() : Date.parse(first.status.startTime);
  let folders: Map<string, string> | undefined;
  let volumeRetry = { at: 0, count: 0 };
  let ending: Ending | undefined = refusal(first, context);
  let nextUsageAt = 0;
  let outcome: PodActions['outcome'];
  /** Nothing is started or reported any more. */
  let detached = false;
  let again = false;
  let turning: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const idle = new Set<() => void>();

  function createRuntimes(): Map<string, ContainerRuntime> {
    const { initContainers = [], containers } = first.spec;
    const options = { podDir, context, pod: () => pod, onChange: wake };
    const init = initContainers.map((container) => createContainerRuntime(container, { ...options, isInit: true }));
    const main = containers.map((container) => createContainerRuntime(container, { ...options, isInit: false }));
    return new Map([...init, ...main].map((runtime) => [runtime.container.name, runtime]));
  }

  function wake(): void {
    again = true;
    turning ??= turnAll().finally(() => {
      turning = undefined;
      if (again) wake();
    });
  }

  async function turnAll(): Promise<void> {
    // Later in this tick: a burst of changes is one turn.
    await Promise.resolve();
    while (again) {
      again = false;
      try {
        await turn();
      } catch (error) {
        context.log(
          `pod ${pod.metadata.namespace}/${pod.metadata.name}: ${error instanceof Error ? error.stack : String(error)}`,
        );
        wakeAt(Date.now() + VOLUME_RETRY_MS);
      }
    }
  }

  function wakeAt(time: number): void {
    clearTimeout(timer);
    timer = setTimeout(wake, Math.max(0, time - Date.now()));
  }

  async function turn(): Promise<void> {
    const now = Date.now();
    if (!settled) {
      noteEnding(now);
      const actions = outcome === undefined ? decideNow(now) : undefined;
      if (actions !== undefined) await carryOut(actions, now);
      if (!detached) publish(actions);
      if (!anyRunning()) for (const resolve of idle) resolve();
    }
    await finishDeletion();
  }

  async function carryOut(actions: PodActions, now: number): Promise<void> {
    if (actions.outcome !== undefined) end(actions.outcome);
    for (const name of actions.stop) runtimes.get(name)?.stop(graceMs());
    if (actions.start.length > 0 && !detached) await start(actions.start, now);
    if (actions.wakeAt !== undefined) wakeAt(actions.wakeAt);
  }

  function decideNow(now: number): PodActions {
    const containers = new Map([...runtimes].map(([name, { record }]) => [name, record]));
    return decide({ spec: pod.spec, containers, stopping: ending !== undefined || detached }, now, context.backOff);
  }

  function noteEnding(now: number): void {
    const deadline = pod.spec.activeDeadlineSeconds;
    if (ending === undefined && pod.metadata.deletionTimestamp !== undefined) ending = {};
    if (ending !== undefined || deadline === undefined || outcome !== undefined) return;
    const left = startTime + deadline * 1000 - now;
    if (left > 0) wakeAt(now + left);
    else
      ending = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
  }

  function end(as: 'Succeeded' | 'Failed'): void {
    outcome = ending?.reason === undefined ? as : 'Failed';
    // Logs stay until the pod's object goes; its data does not.
    void rm(join(podDir, 'volumes'), { recursive: true, force: true }).catch(() => undefined);
  }

  async function start(names: string[], now: number): Promise<void> {
    folders ??= await mountVolumes(now);
    const mounted = folders;
    if (mounted === undefined) return;
    await Promise.all(names.map((name) => runtimes.get(name)?.start(pod, mounted)));
  }

  async function mountVolumes(now: number): Promise<Map<string, string> | undefined> {
    if (volumeRetry.at > now) {
      wakeAt(volumeRetry.at);
      return undefined;
    }
    const { namespace = '', name, uid = '' } = pod.metadata;
    const read = context.readerFor(namespace);
    const token = (request: {
      serviceAccount: string;
      audience?: string;
      expirationSeconds?: number;
    }): Promise<string> => context.tokenFor({ namespace, pod: { name, uid }, ...request });
    const owner = ownerOf(pod);
    try {
      return await setUpVolumes(pod, {
        podDir,
        sources: { read, node: context.node, token },
        claimFolder: (claim) => context.claimFolder(namespace, claim),
        allowHostPath: context.allowHostPath,
        ...(owner !== undefined && { owner }),
      });
    } catch (error) {
      const wait = Math.min(VOLUME_RETRY_MS * 2 ** volumeRetry.count, MAX_VOLUME_RETRY_MS);
      volumeRetry = { at: Date.now() + wait, count: volumeRetry.count + 1 };
      wakeAt(volumeRetry.at);
      context.events.record(pod, {
        type: 'Warning',
        reason: 'FailedMount',
        message: error instanceof Error ? error.message : String(error),
      });
      return undefined;
    }
  }

  function publish(actions: PodActions | undefined): void {
    const records = new Map([...runtimes].map(([name, { record }]) => [name, shown(record, actions)]));
    const facts: PodFacts = {
      initialized: actions?.initialized ?? mainsSeen(),
      ...(outcome !== undefined && { outcome }),
      // Why the pod is being ended shows at once; the phase follows when nothing runs any more.
      ...(ending?.reason !== undefined && { reason: ending.reason, message: ending.message ?? '' }),
      startTime,
      address: context.node.address,
      now: Date.now(),
    };
    statusWriter.write(pod, podStatus(pod, records, facts));
  }

  /** A container between two runs shows as waiting, its last run beside it. */
  function shown(record: ContainerRecord, actions: PodActions | undefined): ContainerRecord {
    const backOff = actions?.backingOff.get(record.name);
    if (backOff === undefined) return record;
    const { name, namespace, uid } = pod.metadata;
    const where = `container=${record.name} pod=${name}_${namespace}(${uid})`;
    const message = `back-off ${formatSeconds(backOff)} restarting failed ${where}`;
    context.events.record(pod, {
      type: 'Warning',
      reason: 'BackOff',
      message: `Back-off restarting failed container ${where.slice('container='.length)}`,
    });
    return { ...record, state: 'waiting', reason: 'CrashLoopBackOff', message, last: terminatedState(record) };
  }

  const mainsSeen = (): boolean =>
    pod.spec.containers.some(({ name }) => runtimes.get(name)?.record.containerID !== undefined);
  const anyRunning = (): boolean => [...runtimes.values()].some(({ record }) => record.state === 'running');
  const graceMs = (): number =>
    ending?.graceMs ?? (pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;

  /** A deleted pod whose processes are gone and whose end is stored is taken out of the API for good. */
  async function finishDeletion(): Promise<void> {
    if (detached || pod.metadata.deletionTimestamp === undefined || anyRunning()) return;
    await statusWriter.flush();
    const { namespace, name, uid } = pod.metadata;
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid } };
    await context.client
      .json({ method: 'DELETE', path: pathOf(PODS, namespace, name), body })
      .catch((error: unknown) => {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
  }

  async function stopAll(how: Ending): Promise<void> {
    ending = how;
    if (anyRunning()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      idle.add(resolve);
      wake();
      await promise;
      idle.delete(resolve);
    }
    await turning;
  }

  for (const runtime of runtimes.values()) runtime.restore();
  wake();

  return {
    update(next) {
      pod = next;
      wake();
    },
    async remove() {
      detached = true;
      await stopAll({ graceMs: 0 });
      clearTimeout(timer);
      rmSync(podDir, { recursive: true, force: true });
    },
    async shutDown(grace) {
      const { restartPolicy } = pod.spec;
      // Pods that may restart go on at the next start; the others end here, and say why.
      if (restartPolicy === 'Never' && !settled && outcome === undefined) {
        await stopAll({
          reason: 'Terminated',
          message: 'Pod was terminated in response to imminent node shutdown.',
          graceMs: grace,
        });
        await statusWriter.flush();
      } else {
        detached = true;
        for (const runtime of runtimes.values()) runtime.stop(grace, true);
        await stopAll({ graceMs: grace });
      }
      clearTimeout(timer);
    },
    async enforceLimits(table) {
      for (const runtime of runtimes.values()) runtime.enforceMemory(table);
      if (ending !== undefined || folders === undefined || outcome !== undefined || Date.now() < nextUsageAt) return;
      const begun = Date.now();
      nextUsageAt = Number.POSITIVE_INFINITY;
      const message = await emptyDirOverflow(pod, folders);
      // Large volumes are looked at less often: at most a twentieth of the time goes into it.
      nextUsageAt = Date.now() + 20 * (Date.now() - begun);
      if (message === undefined || ending !== undefined) return;
      ending = { reason: 'Evicted', message, graceMs: 0 };
      context.events.record(pod, { type: 'Warning', reason: 'Evicted', message });
      wake();
    },
    log(container, previous) {
      const runtime = runtimes.get(container);
      const file = runtime?.logFile(previous);
      return runtime === undefined || file === undefined
        ? undefined
        : { file, ended: () => settled || previous || runtime.record.state === 'exited' };
    },
    active: () => !settled && outcome === undefined,
  };
}

function ownerOf({ spec }: Pod): { uid: number; gid: number } | undefined {
  const uid = spec.securityContext?.runAsUser;
  if (process.getuid?.() !== 0 || uid === undefined) return undefined;
  return { uid, gid: spec.securityContext?.fsGroup ?? spec.securityContext?.runAsGroup ?? uid };
}

function formatSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
