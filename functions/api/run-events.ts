import { setTimeout as delay } from 'node:timers/promises';
import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import type { Bus, StoredMessage } from '../../shared/bus/bus.ts';
import { runSubject } from '../../shared/bus/subjects.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { createChannel } from './channel.ts';
import { watchRun } from './run-watch.ts';

/**
 * What a follower of a run is told. `status`: the run's status whenever it changes. `chunk`: a piece of the stream, with its
 * sequence as the event's id, so that a follower resumes after it. `end`: the run has ended and everything was sent.
 * `deleted`: the run is gone.
 */
export interface RunEvent {
  event: 'status' | 'chunk' | 'end' | 'deleted';
  id?: number;
  data: unknown;
}

const POLL_MS = 200;
/** When the relay does not answer. The run goes on without it, so the stream of its status does, too. */
const POLL_AFTER_FAILURE_MS = 2_000;
/** Proxies cut streams that stay silent for a minute or so. */
const IDLE_MS = 15_000;

export interface FollowOptions {
  kube: KubeClient;
  bus: Pick<Bus, 'since'> | undefined;
  /** The run as just read; its UID tells its messages from those of an earlier namesake. */
  run: AgentRun;
  /** Sequence of the last chunk that the follower has. */
  afterSequence: number;
  signal: AbortSignal;
}

/** Follows one run to its end; `undefined` means that nothing happened for a while. */
export async function* followRun(options: FollowOptions): AsyncGenerator<RunEvent | undefined> {
  const { signal } = options;
  const channel = createChannel<RunEvent>();
  const ended = new AbortController();
  const stopped = AbortSignal.any([signal, ended.signal]);
  let failure: unknown;
  const followed = pushAll(options, channel.push, ended)
    .catch((error: unknown) => {
      failure = error;
    })
    .finally(channel.close);
  signal.addEventListener('abort', channel.close, { once: true });
  try {
    for (;;) {
      const next = await channel.next(IDLE_MS);
      if (next === 'closed') break;
      yield next === 'idle' ? undefined : next.value;
    }
    if (failure !== undefined && !stopped.aborted) throw failure;
  } finally {
    ended.abort();
    await followed;
  }
}

type Push = (event: RunEvent) => void;

/** Status and text as they come; the last status comes after the last text, so that a follower sees an answer whole. */
async function pushAll(options: FollowOptions, push: Push, ended: AbortController): Promise<void> {
  const [last] = await Promise.all([pushStatus(options, push, ended), pushChunks(options, push, ended.signal)]);
  for (const event of last) push(event);
}

/** Returns what is left to say once the run has ended or is gone. */
async function pushStatus(
  { kube, run, signal }: FollowOptions,
  push: Push,
  ended: AbortController,
): Promise<RunEvent[]> {
  const { name, namespace = 'default', uid } = run.metadata;
  const watching = AbortSignal.any([signal, ended.signal]);
  let last = '';
  try {
    for await (const seen of watchRun(kube, { namespace, name }, watching)) {
      if (seen === undefined || seen.metadata.uid !== uid) return [{ event: 'deleted', data: { name } }];
      const status = { event: 'status', data: statusOf(seen) } as const;
      if (isTerminalPhase(seen.status?.phase)) return [status, { event: 'end', data: { name } }];
      const text = JSON.stringify(status);
      if (text !== last) push(status);
      last = text;
    }
    return [];
  } finally {
    ended.abort();
  }
}

/** The status without the resolution, which is the control plane's own note. A run nobody has touched is Pending. */
function statusOf({ metadata, status }: AgentRun): object {
  const { resolution: _, ...rest } = status ?? {};
  return { name: metadata.name, ...rest, phase: rest.phase || 'Pending' };
}

/** Chunks until the run has ended and none are left: its pod published them before its result. */
async function pushChunks(
  { bus, run, afterSequence, signal }: FollowOptions,
  push: Push,
  ended: AbortSignal,
): Promise<void> {
  const { name, namespace = 'default', uid = '' } = run.metadata;
  const subject = `${runSubject({ namespace, name, uid })}.stream`;
  const noWait = AbortSignal.any([signal, ended]);
  let after = afterSequence;
  while (!signal.aborted) {
    const wasEnded = ended.aborted;
    const messages = await bus?.since(subject, after, signal).catch(() => 'failed' as const);
    if (Array.isArray(messages)) {
      for (const message of messages) push(chunkOf(message));
      after = messages.at(-1)?.sequence ?? after;
      if (messages.length > 0) continue;
    }
    if (wasEnded) break;
    await pause(messages === 'failed' ? POLL_AFTER_FAILURE_MS : POLL_MS, noWait);
  }
}

/** The bridge wraps a chunk into the bus's envelope; the chunk is its `data`. */
function chunkOf({ sequence, payload }: StoredMessage): RunEvent {
  const wrapped = typeof payload === 'object' && payload !== null && 'data' in payload;
  return { event: 'chunk', id: sequence, data: wrapped ? payload.data : payload };
}

/** Waits, or less when `signal` aborts. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
