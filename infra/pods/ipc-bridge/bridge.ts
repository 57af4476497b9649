import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../ipc/files.ts';
import { describeError, type Log } from '../ipc/log.ts';
import { IPC_DIRECTORIES } from '../ipc/protocol.ts';
import { watchFolders } from '../ipc/watch.ts';
import type { PodBus } from './bus.ts';
import type { BridgeConfig } from './config.ts';
import { subscribeInputs } from './inputs.ts';
import { openLedger } from './ledger.ts';
import { Outbox } from './outbox.ts';

export interface BridgeOptions {
  /** Host path of `/ipc`. */
  ipc: string;
  config: BridgeConfig;
  bus: PodBus;
  log: Log;
  /** Fires on SIGTERM: the bridge publishes what is there and ends. */
  stop: AbortSignal;
  timing?: Partial<BridgeTiming>;
}

/** All in milliseconds. */
export interface BridgeTiming {
  /** Between looks at the folders while nothing happens; file system events come on top. */
  minPoll: number;
  maxPoll: number;
  /** How long a `done` without a result is believed to be a result still being written. */
  missingResult: number;
  incomplete: number;
  /** How long a stopped bridge goes on trying to publish what is left. */
  drain: number;
}

const TIMING: BridgeTiming = { minPoll: 250, maxPoll: 1000, missingResult: 1000, incomplete: 2000, drain: 3000 };

/**
 * Carries files from `/ipc` to the bus until the run has completed and everything is stored, or `stop` fires. Starts with
 * what is there already, and loses nothing while the bus is away (RUN-W25).
 */
export async function runBridge(options: BridgeOptions): Promise<'completed' | 'stopped'> {
  const { ipc, config, log } = options;
  const timing = { ...TIMING, ...options.timing };
  await prepare(ipc, config, log);
  subscribeInputs(options);
  const ledger = await openLedger(join(ipc, '.published'));
  const outbox = new Outbox({ ...options, ledger, incompleteMs: timing.incomplete });
  const changes = watchFolders([ipc, ...IPC_DIRECTORIES.map((folder) => join(ipc, folder))]);
  const deadline = stopDeadline(options.stop, timing.drain, changes.wake);
  try {
    // The deadline also holds while a publish waits for a bus that is gone.
    return await Promise.race([carry(options, timing, outbox, changes, deadline.expired), deadline.reached]);
  } finally {
    changes.close();
  }
}

async function carry(
  { ipc, stop }: BridgeOptions,
  timing: BridgeTiming,
  outbox: Outbox,
  changes: { next(pollMs: number): Promise<void> },
  expired: () => boolean,
): Promise<'completed' | 'stopped'> {
  let poll = timing.minPoll;
  const missing = missingResultWatch(ipc, timing.missingResult);
  for (;;) {
    const pass = await outbox.pass();
    if (pass === 'drained' && outbox.completed) return 'completed';
    if (stop.aborted && (pass === 'drained' || expired())) return 'stopped';
    const verdict = outbox.completed ? 'no' : await missing();
    if (verdict === 'yes') {
      await outbox.completeWithError('agent ended without a result');
      if (outbox.completed) continue;
    }
    await changes.next(poll);
    const soon = pass === 'incomplete' || verdict === 'maybe';
    poll = soon ? timing.minPoll : Math.min(timing.maxPoll, poll * 2);
  }
}

/** From `stop` on there is this much time for draining. `onStop` runs when it begins. */
function stopDeadline(stop: AbortSignal, drainMs: number, onStop: () => void) {
  const { promise, resolve } = Promise.withResolvers<'stopped'>();
  let expired = false;
  const begin = () => {
    onStop();
    const expire = () => {
      expired = true;
      resolve('stopped');
    };
    setTimeout(expire, drainMs).unref();
  };
  if (stop.aborted) begin();
  else stop.addEventListener('abort', begin, { once: true });
  return { reached: promise, expired: () => expired };
}

/** Tells whether the agent says that it is done but left no result; `maybe` until that has been so for `graceMs`. */
function missingResultWatch(ipc: string, graceMs: number): () => Promise<'no' | 'maybe' | 'yes'> {
  let since: number | undefined;
  return async () => {
    if (!(await exists(join(ipc, 'done'))) || (await exists(join(ipc, 'output/result.json')))) return 'no';
    since ??= Date.now();
    return Date.now() - since >= graceMs ? 'yes' : 'maybe';
  };
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The containers of a pod may run as different users, and the volume is theirs alone: everybody may write. */
async function prepare(ipc: string, config: BridgeConfig, log: Log): Promise<void> {
  for (const folder of [...IPC_DIRECTORIES, '.tmp']) {
    const path = join(ipc, folder);
    await mkdir(path, { recursive: true });
    await chmod(path, 0o777).catch((error: unknown) => {
      // Another container made it; then its mode is that container's choice.
      log.warn('Could not open a folder to all users of the pod', { folder, error: describeError(error) });
    });
  }
  if (!config.mcpConfigured) await declareNoMcpTools(ipc);
}

/** An unmodified agent waits five seconds for this file (RUN-W49). One that a discovery wrote stays. */
async function declareNoMcpTools(ipc: string): Promise<void> {
  const path = join(ipc, 'tools/mcp-tools.json');
  if (!(await exists(path))) await writeFileAtomic(path, '{"tools":[]}', { scratch: join(ipc, '.tmp') });
}
