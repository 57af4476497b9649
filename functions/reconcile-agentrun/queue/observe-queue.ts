import type { AgentRun } from '../../../crds/agentrun.ts';
import { KINDS } from '../../../crds/group.ts';
import { LABELS } from '../../../crds/labels.ts';
import { CONFIG_MAPS } from '../../../shared/kube/resources.ts';
import type { ObserveContext } from '../../../shared/reconcile/reconciler.ts';
import type { ConfigMap } from '../pod/input-config-map.ts';
import { isServer } from '../pod/run-build.ts';
import { type Queue, queuedRun } from './queue.ts';
import { slotLedgerOf } from './slot-ledger.ts';

/** The ledger first: whoever is entered in it and is not in the list read after it has ended, and will not come back. */
export async function observeQueue({ metadata, spec }: AgentRun, { kube, signal }: ObserveContext): Promise<Queue> {
  const { namespace = '' } = metadata;
  const ledger = await kube.get<ConfigMap>(
    CONFIG_MAPS,
    { namespace, name: slotLedgerOf(spec.instanceRef) },
    { signal },
  );
  const { items } = await kube.list<AgentRun>(KINDS.AgentRun, {
    namespace,
    labelSelector: `!${LABELS.finished}`,
    signal,
  });
  const ledgerVersion = ledger?.metadata.resourceVersion;
  return {
    taken: Object.keys(ledger?.data ?? {}),
    ...(ledgerVersion !== undefined && { ledgerVersion }),
    // Servers take no slot.
    runs: items.filter((run) => !isServer(run)).map(queuedRun),
  };
}
