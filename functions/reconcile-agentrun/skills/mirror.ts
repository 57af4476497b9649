import type { AgentRun } from '../../../crds/agentrun.ts';
import { COMPONENTS, LABELS } from '../../../crds/labels.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { controllerReference, type ObjectMeta } from '../../../shared/kube/objects.ts';

/** Of what a run has as a copy from its skills' namespace: it is the run's, and goes with it. */
export function mirrorMetadata(run: AgentRun, name: string): ObjectMeta {
  return {
    name,
    namespace: run.metadata.namespace ?? '',
    labels: {
      [LABELS.agentRun]: fitName(run.metadata.name),
      [LABELS.component]: COMPONENTS.skillPackMirror,
      [LABELS.managedBy]: 'sympozium',
    },
    ownerReferences: [controllerReference(run)],
  };
}
