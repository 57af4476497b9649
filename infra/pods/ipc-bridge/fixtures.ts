import { onTestFinished } from 'vitest';
import { memoryLog, type PodFolders } from '../ipc/fixtures.ts';
import { type BridgeTiming, runBridge } from './bridge.ts';
import type { OutgoingMessage, PodBus } from './bus.ts';
import { loadBridgeConfig } from './config.ts';

/** A bus in memory that, like the real one, keeps one message per id, and can be away or refuse. */
export class MemoryBus implements PodBus {
  readonly stored: OutgoingMessage[] = [];
  /** Every publish that was tried, taken or not. */
  attempts = 0;
  available = true;
  /** The bus takes a message but its acknowledgement gets lost, this many times. */
  lostAcks = 0;
  payloadLimit = 1024 * 1024;
  refuses: (message: OutgoingMessage) => boolean = () => false;
  private readonly subscribers = new Map<string, (body: string) => void>();

  async publish(message: OutgoingMessage): Promise<void> {
    this.attempts += 1;
    if (!this.available || this.refuses(message)) throw new Error('no answer');
    if (Buffer.byteLength(message.body) > this.payloadLimit) throw new Error('maximum payload exceeded');
    if (!this.stored.some(({ id }) => id === message.id)) this.stored.push(message);
    if (this.lostAcks > 0) {
      this.lostAcks -= 1;
      throw new Error('acknowledgement lost');
    }
  }

  subscribe(subject: string, deliver: (body: string) => void): void {
    this.subscribers.set(subject, deliver);
  }

  deliver(subject: string, body: string): void {
    this.subscribers.get(subject)?.(body);
  }

  get subjects(): string[] {
    return [...this.subscribers.keys()];
  }

  maxPayload(): number {
    return this.payloadLimit;
  }

  async close(): Promise<void> {
    this.available = false;
  }
}

const QUICK: Partial<BridgeTiming> = { minPoll: 10, maxPoll: 50, missingResult: 50, incomplete: 150, drain: 200 };

/** A bridge that runs until its run has completed, it is stopped, or the test ends. */
export function aBridge(pod: PodFolders, bus: PodBus, env: Record<string, string> = {}, timing = QUICK) {
  const stop = new AbortController();
  const config = loadBridgeConfig(
    { AGENT_RUN_ID: 'run-1', INSTANCE_NAME: 'inst', AGENT_NAMESPACE: 'team', HOSTNAME: 'pod-x', ...env },
    [],
  );
  const ipc = pod.paths.toHost('/ipc');
  const ended = runBridge({ ipc, config, bus, log: memoryLog(), stop: stop.signal, timing });
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { ended, stop: () => stop.abort() };
}
