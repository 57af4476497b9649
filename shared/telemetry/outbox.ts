import { log } from './log.ts';
import type { OtlpSender } from './otlp-sender.ts';

export interface Outbox {
  /** To be awaited at the end of a pass. Never throws, and takes `deadlineMs` at most, where it waits at all. */
  settle(): Promise<void>;
}

export interface OutboxOptions {
  /** Whether to wait for the collector, for a process that is frozen once it has answered. */
  waits: boolean;
  deadlineMs: number;
  now?: () => number;
}

/** A collector that failed is left alone for so long, so that it costs one pass in many its deadline, not each. */
const REST_MS = 30_000;

/** Sends what passes leave behind, one request at a time: what comes meanwhile goes together in the next. */
export function createOutbox(sender: OtlpSender, { waits, deadlineMs, now = Date.now }: OutboxOptions): Outbox {
  let sending: Promise<void> | undefined;
  let restsUntil = 0;
  let complained = false;

  async function drain(): Promise<void> {
    while (sender.pending() && now() >= restsUntil) {
      try {
        await sender.flush(AbortSignal.timeout(deadlineMs));
        complained = false;
      } catch (error) {
        restsUntil = now() + REST_MS;
        if (!complained) log('warn', 'Telemetry could not be sent', { error: reasonOf(error) });
        complained = true;
      }
    }
  }

  return {
    async settle() {
      sending ??= drain().finally(() => {
        sending = undefined;
      });
      if (waits) await sending;
    },
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
