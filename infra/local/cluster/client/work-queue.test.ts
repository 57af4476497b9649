import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createWorkQueue } from './work-queue.ts';

describe('createWorkQueue', () => {
  it('runs one pass of a key at a time and one more when it was added meanwhile', async () => {
    let running = 0;
    let most = 0;
    let passes = 0;
    const queue = createWorkQueue({
      name: 'test',
      async reconcile() {
        running += 1;
        most = Math.max(most, running);
        await sleep(5);
        running -= 1;
        passes += 1;
        return undefined;
      },
    });
    queue.add('a');
    queue.add('a');
    await sleep(1);
    queue.add('a');
    queue.add('a');
    await vi.waitFor(() => expect(passes).toBe(2));
    await queue.close();
    expect(most).toBe(1);
    expect(passes).toBe(2);
  });

  it('tries again when a pass fails', async () => {
    let passes = 0;
    const queue = createWorkQueue({
      name: 'test',
      async reconcile() {
        passes += 1;
        if (passes < 3) throw new Error('not yet');
        return undefined;
      },
    });
    queue.add('a');
    await vi.waitFor(() => expect(passes).toBe(3));
    await queue.close();
  });

  it('runs again after the time that a pass asked for', async () => {
    let passes = 0;
    const queue = createWorkQueue({ name: 'test', reconcile: async () => (++passes < 2 ? 1 : undefined) });
    queue.add('a');
    await vi.waitFor(() => expect(passes).toBe(2));
    await queue.close();
  });
});
