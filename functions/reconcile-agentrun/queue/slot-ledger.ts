import type { AgentRun } from '../../../crds/agentrun.ts';
import { API_VERSION } from '../../../crds/group.ts';
import { LABELS } from '../../../crds/labels.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import { fitName } from '../../../shared/kube/names.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../../shared/kube/resources.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import type { ConfigMap } from '../pod/input-config-map.ts';
import type { Queue } from './queue.ts';

/** ConfigMap with the slots that runs of an instance hold: the run's UID, and its name for people. */
export const slotLedgerOf = (instance: string): string => fitName(`sympozium-run-slots-${instance}`, 253);

/**
 * Enters a run, and leaves out runs that have ended. The write fails when anybody entered another one since it was read, so two
 * passes never take the same slot.
 */
export function claimSlot(run: AgentRun, instance: SympoziumInstance, { taken, runs, ledgerVersion }: Queue): Action {
  const { name, namespace = '', uid = '' } = run.metadata;
  const held = runs.filter((one) => taken.includes(one.uid)).map((one) => [one.uid, one.name]);
  const ledger: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: slotLedgerOf(instance.metadata.name),
      namespace,
      labels: { [LABELS.instance]: fitName(instance.metadata.name), [LABELS.managedBy]: 'sympozium' },
      ownerReferences: [ownedBy(instance)],
      ...(ledgerVersion !== undefined && { resourceVersion: ledgerVersion }),
    },
    data: Object.fromEntries([...held, [uid, name]]),
  };
  return { verb: 'replace', resource: CONFIG_MAPS, object: ledger };
}

/** The instance's own controller makes no such object, so it is the owner and not the controller. */
function ownedBy({ metadata }: KubeObject) {
  return { apiVersion: API_VERSION, kind: 'SympoziumInstance', name: metadata.name, uid: metadata.uid ?? '' };
}
