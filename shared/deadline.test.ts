import { describe, expect, it, vi } from 'vitest';
import { within } from './deadline.ts';

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });

describe('work with a deadline', () => {
  it('gives what it came to, and leaves no timer', async () => {
    vi.useFakeTimers();
    try {
      expect(await within(1000, async () => 'done')).toBe('done');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is told when its time is over', async () => {
    await expect(within(5, never)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('is told when the one who asked gives up, before or meanwhile', async () => {
    const asked = new AbortController();
    const work = within(10_000, never, asked.signal);
    asked.abort(new Error('enough'));
    await expect(work).rejects.toThrow('enough');
    await expect(within(10_000, never, asked.signal)).rejects.toThrow('enough');
  });
});
