import type { Reply } from '../delivery/reply.ts';
import type { KubeClient, ListOptions } from '../kube/client.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Resource } from '../kube/resources.ts';
import type { ObjectKey } from '../reconcile/reconciler.ts';
import { log } from '../telemetry/log.ts';

const AT_A_TIME = 10;

/**
 * Asks for a pass over each key, ten at a time. One that fails is tried again with the next tick, and keeps no other from its
 * pass. Returns the number of failures.
 */
export async function passOver(keys: readonly ObjectKey[], pass: (key: ObjectKey) => Promise<Reply>): Promise<number> {
  return inParallel(keys, async (key) => {
    try {
      const { outcome } = await pass(key);
      return outcome === 'retry' || outcome === 'terminal' ? 1 : 0;
    } catch (thrown) {
      log('warn', 'Pass of a due object failed', {
        ...key,
        error: thrown instanceof Error ? thrown.message : String(thrown),
      });
      return 1;
    }
  });
}

/** Runs `work` over all items, ten at a time. Returns the sum of what they give. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<number>): Promise<number> {
  let sum = 0;
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) {
      const part = await work(item);
      sum += part;
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, items.length) }, worker));
  return sum;
}

/** All objects that match, a page at a time, so that memory does not grow with their number. */
export async function* pages<T extends KubeObject>(
  kube: Pick<KubeClient, 'page'>,
  resource: Resource,
  options: ListOptions,
): AsyncGenerator<T> {
  let next: string | undefined;
  do {
    const page = await kube.page<T>(resource, { ...options, ...(next !== undefined && { continue: next }) });
    yield* page.items;
    next = page.metadata.continue === '' ? undefined : page.metadata.continue;
  } while (next !== undefined);
}

/** At most `max` of `items`, another part of them each minute, so that none waits for ever behind those that keep failing. */
export function share<T>(items: readonly T[], max: number, now: Date): T[] {
  if (items.length <= max) return [...items];
  const start = (Math.floor(now.getTime() / 60_000) * max) % items.length;
  return [...items.slice(start), ...items.slice(0, start)].slice(0, max);
}
