import type { AgentRun } from '../../../crds/agentrun.ts';
import { LABELS } from '../../../crds/labels.ts';
import { fitName } from '../../../shared/kube/names.ts';

/** Tells apart the cluster-wide rights of same-named runs of two namespaces [RUN-W19]. */
const RUN_NAMESPACE_LABEL = 'sympozium.ai/run-namespace';

/** Labels that the grants of a run are found by. */
export const grantLabels = ({ metadata }: AgentRun): Record<string, string> => ({
  [LABELS.agentRun]: fitName(metadata.name),
  [LABELS.managedBy]: 'sympozium',
  [RUN_NAMESPACE_LABEL]: metadata.namespace ?? '',
});
