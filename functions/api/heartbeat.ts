import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';

const CRON: Readonly<Record<string, string>> = {
  '1m': '* * * * *',
  '1min': '* * * * *',
  '5m': '*/5 * * * *',
  '5min': '*/5 * * * *',
  '10m': '*/10 * * * *',
  '10min': '*/10 * * * *',
  '15m': '*/15 * * * *',
  '30m': '*/30 * * * *',
  '1h': '0 * * * *',
  '2h': '0 */2 * * *',
  '6h': '0 */6 * * *',
  '12h': '0 */12 * * *',
  '24h': '0 0 * * *',
  '1d': '0 0 * * *',
};

/** Cron expression of a heartbeat's interval (api.md 1.7): a text with a space is one already, an unknown word means hourly. */
export function cronOf(interval: string): string {
  const word = interval.trim().toLowerCase();
  return word.includes(' ') ? interval.trim() : (CRON[word] ?? '0 * * * *');
}

/** The SympoziumSchedule that wakes an instance; it goes with the instance. */
export function heartbeatFor(instance: KubeObject, interval: string): KubeObject & { spec: object } {
  const { name, namespace = 'default', uid = '' } = instance.metadata;
  return {
    apiVersion: API_VERSION,
    kind: KINDS.SympoziumSchedule.kind,
    metadata: {
      name: `${name}-heartbeat`,
      namespace,
      labels: { [LABELS.appManagedBy]: 'sympozium', [LABELS.instance]: name },
      ownerReferences: [{ apiVersion: API_VERSION, kind: KINDS.SympoziumInstance.kind, name, uid }],
    },
    spec: {
      instanceRef: name,
      schedule: cronOf(interval),
      task: 'heartbeat',
      type: 'heartbeat',
      concurrencyPolicy: 'Forbid',
      includeMemory: true,
    },
  };
}
