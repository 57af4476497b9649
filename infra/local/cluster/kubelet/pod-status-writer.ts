import { PODS, pathOf } from '../../../../shared/kube/resources.ts';
import { isNotFound } from '../../../../shared/kube/status-error.ts';
import type { Pod, PodStatus } from '../client/core-types.ts';
import type { PodContext } from './pod-context.ts';

export interface StatusWriter {
  write(pod: Pod, status: PodStatus): void;
  flush(): Promise<void>;
}

const RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;

/** Stores a pod's status: at most one request under way, and of what came meanwhile only the latest. */
export function createStatusWriter({ client, log }: Pick<PodContext, 'client' | 'log'>): StatusWriter {
  let stored = '';
  let next: { pod: Pod; status: PodStatus; text: string } | undefined;
  let writing: Promise<void> | undefined;

  async function drain(): Promise<void> {
    let wait = RETRY_MS;
    while (next !== undefined) {
      const { pod, status, text } = next;
      next = undefined;
      try {
        await patch(pod, status);
        stored = text;
        wait = RETRY_MS;
      } catch (error) {
        if (isNotFound(error)) return;
        log(
          `status of pod ${pod.metadata.namespace}/${pod.metadata.name}: ${error instanceof Error ? error.message : String(error)}`,
        );
        next ??= { pod, status, text };
        await new Promise((resolve) => setTimeout(resolve, wait));
        wait = Math.min(wait * 2, LAST_RETRY_MS);
      }
    }
  }

  async function patch(pod: Pod, status: PodStatus): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    // The UID is the precondition: a namesake that came after this pod keeps its own status.
    await client.json({
      method: 'PATCH',
      path: `${pathOf(PODS, namespace, name)}/status`,
      query: { fieldManager: 'kubelet' },
      body: { metadata: { uid }, status },
      contentType: 'application/merge-patch+json',
    });
  }

  return {
    write(pod, status) {
      const text = JSON.stringify(status);
      if (text === (next?.text ?? stored)) return;
      next = { pod, status, text };
      writing ??= drain().finally(() => {
        writing = undefined;
      });
    },
    async flush() {
      await writing;
    },
  };
}
