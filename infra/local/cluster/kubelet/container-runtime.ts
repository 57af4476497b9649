import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, ContainerStatus, Pod } from '../client/core-types.ts';
import { ContainerConfigError } from './container-env.ts';
import { LaunchError, sandboxSpec, TERMINATION_LOG } from './container-launch.ts';
import { startContainerProbes } from './container-probes.ts';
import { adoptProcess, type ContainerProcess, type Exit, startProcess, UNKNOWN_EXIT } from './container-process.ts';
import { exitOutcome } from './exit-outcome.ts';
import { isSidecar } from './pod-actions.ts';
import type { PodContext } from './pod-context.ts';
import { type ContainerRecord, terminatedState } from './pod-status.ts';
import { descendantsOf, type ProcessEntry, privateMemory } from './process-table.ts';
import { parseQuantity } from './quantity.ts';
import type { SandboxSpec } from './sandbox.ts';
import { terminationMessage } from './termination-message.ts';
import { VolumeError } from './volume-content.ts';

/** One container of one pod: its record, its process and its probes. Every change of the record calls `onChange`. */
export interface ContainerRuntime {
  readonly container: Container;
  readonly record: ContainerRecord;
  /** Takes up what an earlier kubelet left, so that nothing is started a second time. */
  restore(): void;
  start(pod: Pod, folders: ReadonlyMap<string, string>): Promise<void>;
  /** Ends it: TERM, then KILL after the grace period. Repeated calls may only shorten the wait. `byNode`: the node itself ends. */
  stop(graceMs: number, byNode?: boolean): void;
  /** Kills it when its processes hold more memory than its limit. */
  enforceMemory(table: readonly ProcessEntry[]): void;
  logFile(previous: boolean): string | undefined;
}

export interface RuntimeOptions {
  podDir: string;
  isInit: boolean;
  pod(): Pod;
  context: PodContext;
  onChange(): void;
}

/** A container that ran so long starts again at once (twice the longest back-off, as in the kubelet). */
const FORGIVEN_AFTER_MS = 600_000;
const CONFIG_RETRY_MS = 1_000;
const PULL_BACKOFF_MS = 10_000;
const MAX_PULL_BACKOFF_MS = 300_000;

export function createContainerRuntime(container: Container, options: RuntimeOptions): ContainerRuntime {
  const { podDir, isInit, context, onChange } = options;
  const dir = join(podDir, 'containers', container.name);
  const record: ContainerRecord = {
    name: container.name,
    state: 'waiting',
    restartCount: 0,
    started: false,
    ready: false,
  };
  const memoryLimit = parseQuantity(container.resources?.limits?.['memory']);
  let process: ContainerProcess | undefined;
  let spec: SandboxSpec | undefined;
  let probes: { close(): void } | undefined;
  let outOfMemory = false;
  let blameless = false;
  let killTimer: { at: number; timer: NodeJS.Timeout } | undefined;
  let pullFailures = 0;

  const attemptDir = (attempt: number): string => join(dir, String(attempt));
  const logOf = (attempt: number): string => join(dir, `${attempt}.log`);
  const event = (type: 'Normal' | 'Warning', reason: string, message: string): void => {
    const kind = isInit ? 'initContainers' : 'containers';
    context.events.record(options.pod(), { type, reason, message, fieldPath: `spec.${kind}{${container.name}}` });
  };

  /** Written before a process starts and when it has ended: the proof of what has run. */
  function save(): void {
    mkdirSync(dir, { recursive: true });
    const file = join(dir, 'record.json');
    writeFileSync(`${file}.new`, JSON.stringify(record));
    renameSync(`${file}.new`, file);
  }

  function restore(): void {
    const file = join(dir, 'record.json');
    if (!existsSync(file)) {
      restoreFromStatus();
      return;
    }
    Object.assign(record, JSON.parse(readFileSync(file, 'utf8')));
    if (record.state !== 'running') return;
    const found = adoptProcess(attemptDir(record.restartCount), logOf(record.restartCount), context.isolation.kind);
    if ('exitCode' in found) ended(found);
    else running(found);
  }

  /** The node's files are gone but the API remembers a run: it must not be repeated. */
  function restoreFromStatus(): void {
    const status = options.pod().status;
    const all: ContainerStatus[] = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
    const known = all.find(({ name }) => name === container.name);
    if (known?.containerID === undefined) return;
    record.restartCount = known.restartCount;
    record.containerID = known.containerID;
    ended({
      exitCode: known.state.terminated?.exitCode ?? UNKNOWN_EXIT,
      finishedAt: Date.now(),
      unknown: known.state.terminated === undefined,
    });
  }

  async function start(pod: Pod, folders: ReadonlyMap<string, string>): Promise<void> {
    const attempt = record.state === 'exited' ? record.restartCount + 1 : record.restartCount;
    try {
      const image = resolveImage();
      spec = await sandboxSpec({ pod, container, image, folders, dir: attemptDir(attempt), context });
      const command = await context.isolation.command(spec);
      if (record.state === 'exited') record.last = terminatedState(record);
      clear('exitCode', 'finishedAt', 'reason', 'message', 'retryAt');
      Object.assign(record, {
        state: 'running',
        restartCount: attempt,
        startedAt: Date.now(),
        started: false,
        ready: false,
      });
      record.containerID = `local://${pod.metadata.uid ?? ''}-${container.name}-${attempt}`;
      outOfMemory = false;
      blameless = false;
      save();
      event('Normal', 'Created', `Created container: ${container.name}`);
      running(startProcess(spec.dir, logOf(attempt), command, context.isolation.kind));
      event('Normal', 'Started', `Started container ${container.name}`);
    } catch (error) {
      cannotStart(error);
    }
    onChange();
  }

  function resolveImage() {
    const { image = '' } = container;
    const resolved = context.images.resolve(image);
    if (resolved === undefined) {
      throw new LaunchError(
        'ErrImagePull',
        `image "${image}" cannot run here: the embedded cluster only runs ${context.images.names().join(', ')}`,
      );
    }
    if (record.containerID === undefined)
      event('Normal', 'Pulled', `Container image "${image}" already present on machine`);
    return resolved;
  }

  function cannotStart(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    let reason = error instanceof LaunchError ? error.reason : 'CreateContainerError';
    if (error instanceof ContainerConfigError) reason = 'CreateContainerConfigError';
    if (error instanceof VolumeError) reason = 'CreateContainerError';
    let wait = CONFIG_RETRY_MS;
    if (reason === 'ErrImagePull') {
      wait = Math.min(PULL_BACKOFF_MS * 2 ** pullFailures, MAX_PULL_BACKOFF_MS);
      pullFailures += 1;
      event('Warning', 'Failed', `Failed to pull image "${container.image ?? ''}": ${message}`);
      setTimeout(backOffPull, CONFIG_RETRY_MS, message).unref();
    } else if (record.message !== message) {
      event('Warning', 'Failed', `Error: ${message}`);
    }
    if (record.state === 'running') Object.assign(record, { state: 'exited', exitCode: 128, finishedAt: Date.now() });
    Object.assign(record, { reason, message, retryAt: Date.now() + wait });
  }

  function backOffPull(message: string): void {
    if (record.reason !== 'ErrImagePull') return;
    const { image = '' } = container;
    event('Normal', 'BackOff', `Back-off pulling image "${image}"`);
    Object.assign(record, {
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${image}": ErrImagePull: ${message}`,
    });
    onChange();
  }

  function running(started: ContainerProcess): void {
    process = started;
    void started.exited.then(
      (exit) => ended(exit),
      (error: unknown) =>
        ended(
          { exitCode: 128, finishedAt: Date.now() },
          `failed to start: ${error instanceof Error ? error.message : String(error)}`,
        ),
    );
    probes = startContainerProbes(container, {
      record,
      target: { address: context.node.address, container, exec },
      onChange,
      unhealthy(kind, message) {
        event('Warning', 'Unhealthy', `${kind} probe failed: ${message}`);
      },
      kill(kind) {
        event('Normal', 'Killing', `Container ${container.name} failed ${kind.toLowerCase()} probe, will be restarted`);
        stop((options.pod().spec.terminationGracePeriodSeconds ?? 30) * 1000);
      },
    });
  }

  function exec(argv: string[]) {
    const pid = process?.mainPid();
    return pid === undefined || spec === undefined ? undefined : context.isolation.enter(pid, spec, argv);
  }

  function ended(exit: Exit, problem?: string): void {
    process = undefined;
    probes?.close();
    clearTimeout(killTimer?.timer);
    killTimer = undefined;
    const { exitCode, reason, message: unknown } = exitOutcome(exit, outOfMemory);
    const file = join(attemptDir(record.restartCount), TERMINATION_LOG);
    const said = terminationMessage(container, { file, log: logOf(record.restartCount), failed: exitCode !== 0 });
    const message = problem ?? unknown ?? said;
    clear('message');
    Object.assign(record, { state: 'exited', exitCode, finishedAt: exit.finishedAt, reason, started: false });
    const longRun = exit.finishedAt - (record.startedAt ?? exit.finishedAt) >= FORGIVEN_AFTER_MS;
    record.noBackOff = blameless || exit.unknown === true || longRun;
    if (message !== '') record.message = message;
    record.ready = isInit && !isSidecar(container) && exitCode === 0;
    save();
    onChange();
  }

  function stop(graceMs: number, byNode = false): void {
    if (process === undefined) return;
    blameless ||= byNode;
    const at = Date.now() + graceMs;
    if (killTimer !== undefined && killTimer.at <= at) return;
    if (killTimer === undefined) {
      probes?.close();
      event('Normal', 'Killing', `Stopping container ${container.name}`);
      if (graceMs > 0) process.terminate();
    }
    clearTimeout(killTimer?.timer);
    killTimer = { at, timer: setTimeout(() => process?.kill(), graceMs) };
  }

  function enforceMemory(table: readonly ProcessEntry[]): void {
    if (process === undefined || memoryLimit === undefined || outOfMemory) return;
    const used = descendantsOf(process.pid, table).reduce((sum, pid) => sum + privateMemory(pid), 0);
    if (used <= memoryLimit) return;
    outOfMemory = true;
    process.kill();
  }

  function clear(...names: ('exitCode' | 'finishedAt' | 'reason' | 'message' | 'retryAt')[]): void {
    for (const name of names) delete record[name];
  }

  function logFile(previous: boolean): string | undefined {
    const attempt = record.restartCount - (previous ? 1 : 0);
    return attempt < 0 || (record.containerID === undefined && !previous) ? undefined : logOf(attempt);
  }

  return { container, record, restore, start, stop, enforceMemory, logFile };
}
