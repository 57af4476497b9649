import type { KubeClient } from '../../../../shared/kube/client.ts';
import type { KubeObject } from '../../../../shared/kube/objects.ts';
import { EVENTS, pathOf } from '../../../../shared/kube/resources.ts';
import { isNotFound } from '../../../../shared/kube/status-error.ts';
import { isExpected } from '../client/work-queue.ts';

interface Occurrence {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** `spec.containers{name}` when it is about one container. */
  fieldPath?: string;
}

export interface EventRecorder {
  record(about: KubeObject, occurrence: Occurrence): void;
  /** Resolves when what was recorded so far has been written or given up. */
  flush(): Promise<void>;
}

const REMEMBERED = 1000;

/** Writes core/v1 Events in order, one after another; the same event again only raises the count of the first. */
export function createEventRecorder(
  client: KubeClient,
  component: string,
  log: (message: string) => void,
): EventRecorder {
  const known = new Map<string, { name: string; count: number }>();
  let tail: Promise<void> = Promise.resolve();

  async function write(
    about: KubeObject,
    { type, reason, message, fieldPath }: Occurrence,
    time: string,
  ): Promise<void> {
    const { namespace = 'default', name, uid = '', resourceVersion } = about.metadata;
    const key = [uid, type, reason, message, fieldPath].join('\0');
    const seen = known.get(key);
    if (seen !== undefined) {
      seen.count += 1;
      const patch = { count: seen.count, lastTimestamp: time };
      const patched = await client
        .mergePatch({ resource: EVENTS, namespace, name: seen.name }, patch, { fieldManager: component })
        .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error)));
      if (patched !== undefined) return;
    }
    const fresh = `${name.slice(0, 230)}.${(Date.now() * 1000 + Math.floor(Math.random() * 1000)).toString(16)}`;
    const { apiVersion, kind } = about;
    const involvedObject = {
      apiVersion,
      kind,
      name,
      namespace,
      uid,
      resourceVersion,
      ...(fieldPath !== undefined && { fieldPath }),
    };
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: fresh, namespace },
      ...{ involvedObject, type, reason, message, count: 1, firstTimestamp: time, lastTimestamp: time },
      ...{ source: { component, host: 'local' }, reportingComponent: component, reportingInstance: 'local' },
    };
    await client.json({
      method: 'POST',
      path: pathOf(EVENTS, namespace),
      query: { fieldManager: component },
      body: event,
    });
    known.set(key, { name: fresh, count: 1 });
    const oldest = known.keys().next().value;
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
  }

  return {
    record(about, occurrence) {
      const time = `${new Date().toISOString().slice(0, 19)}Z`;
      tail = tail
        .then(() => write(about, occurrence, time))
        .catch((error: unknown) => {
          if (!isExpected(error))
            log(`event ${occurrence.reason}: ${error instanceof Error ? error.message : String(error)}`);
        });
    },
    flush: () => tail,
  };
}
