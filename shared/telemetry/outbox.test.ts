import { describe, expect, it } from 'vitest';
import type { OtlpSender } from './otlp-sender.ts';
import { createOutbox } from './outbox.ts';

/** A sender with something to send, whose flushes end as told; counts them. */
function aSender(flush: (signal: AbortSignal) => Promise<void>) {
  const state = { pending: 1, flushes: 0 };
  const sender: OtlpSender = {
    addSpan: () => {
      state.pending += 1;
    },
    measure: () => {},
    pending: () => state.pending > 0,
    async flush(signal) {
      state.flushes += 1;
      const sent = state.pending;
      await flush(signal);
      state.pending -= sent;
    },
  };
  return { sender, state };
}

const hanging = (signal: AbortSignal) =>
  new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('an outbox', () => {
  it('has sent everything when it waits for the collector', async () => {
    const { sender, state } = aSender(async () => {});
    await createOutbox(sender, { waits: true, deadlineMs: 1_000 }).settle();
    expect(state).toEqual({ pending: 0, flushes: 1 });
  });

  it('costs one pass its deadline and the next ones nothing when the collector hangs, until it has had its rest', async () => {
    let now = 0;
    const { sender, state } = aSender(hanging);
    const outbox = createOutbox(sender, { waits: true, deadlineMs: 50, now: () => now });
    for (let pass = 0; pass < 100; pass += 1) await outbox.settle();
    expect(state.flushes).toBe(1);
    now = 31_000;
    await outbox.settle();
    expect(state.flushes).toBe(2);
  });

  it('does not wait for a collector that hangs when its process lives on', async () => {
    const { sender, state } = aSender(hanging);
    const outbox = createOutbox(sender, { waits: false, deadlineMs: 600_000 });
    await outbox.settle();
    await outbox.settle();
    expect(state.flushes).toBe(1);
  });

  it('sends together what comes while a request is under way', async () => {
    const answers: (() => void)[] = [];
    const { sender, state } = aSender(() => new Promise((resolve) => answers.push(resolve)));
    const outbox = createOutbox(sender, { waits: false, deadlineMs: 600_000 });
    await outbox.settle();
    for (let pass = 0; pass < 10; pass += 1) {
      sender.addSpan({} as Parameters<OtlpSender['addSpan']>[0]);
      await outbox.settle();
    }
    answers[0]?.();
    await expect.poll(() => answers.length).toBe(2);
    answers[1]?.();
    await expect.poll(() => state.pending).toBe(0);
    expect(state.flushes).toBe(2);
  });
});
