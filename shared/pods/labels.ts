import { type COMPONENTS, LABELS } from '../../crds/labels.ts';
import { fitName } from '../kube/names.ts';

type Component = (typeof COMPONENTS)[keyof typeof COMPONENTS];

/** Labels of a workload of a run and of its pods. Values over 63 characters are cut and hashed [RUN-W15]. */
export function runLabels(run: string, instance: string, component: Component): Record<string, string> {
  return {
    [LABELS.agentRun]: fitName(run),
    [LABELS.instance]: fitName(instance),
    [LABELS.component]: component,
    [LABELS.appPartOf]: 'sympozium',
    [LABELS.appManagedBy]: 'sympozium-controller',
  };
}
