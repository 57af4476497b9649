import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import type { KubeClient, WatchEvent } from '../../shared/kube/client.ts';
import { KubeStatusError } from '../../shared/kube/status-error.ts';

const WATCH_SECONDS = 300;
const RETRY_MS = 500;

/**
 * One run as it changes: first as it is, then each change, then undefined once it is gone, which ends it. A watch that ends or
 * breaks is taken up again from a fresh list, until `signal` aborts.
 */
export async function* watchRun(
  kube: KubeClient,
  at: { namespace: string; name: string },
  signal: AbortSignal,
): AsyncGenerator<AgentRun | undefined> {
  while (!signal.aborted) {
    try {
      for await (const run of watchOnce(kube, at, signal)) {
        yield run;
        if (run === undefined) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      // A refusal stays one; everything else passes.
      if (error instanceof KubeStatusError && error.code === 403) throw error;
      await delay(RETRY_MS);
    }
  }
}

/** One list and one watch; ends when the server ends the watch. */
async function* watchOnce(
  kube: KubeClient,
  { namespace, name }: { namespace: string; name: string },
  signal: AbortSignal,
): AsyncGenerator<AgentRun | undefined> {
  const fieldSelector = `metadata.name=${name}`;
  const { items, resourceVersion } = await kube.list<AgentRun>(KINDS.AgentRun, { namespace, fieldSelector, signal });
  yield items[0];
  const from = { namespace, fieldSelector, resourceVersion, timeoutSeconds: WATCH_SECONDS, signal };
  for await (const { type, object } of eventsOf(kube, from)) {
    if (type === 'ERROR') return;
    if (type !== 'BOOKMARK') yield type === 'DELETED' ? undefined : (object as AgentRun);
  }
}

async function* eventsOf(kube: KubeClient, options: Parameters<KubeClient['watch']>[1]): AsyncGenerator<WatchEvent> {
  const stream = await kube.watch(KINDS.AgentRun, options);
  try {
    for await (const line of createInterface({ input: stream })) if (line !== '') yield JSON.parse(line) as WatchEvent;
  } finally {
    stream.destroy();
  }
}
