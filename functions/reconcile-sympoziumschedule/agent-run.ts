import type { AgentRunInput } from '../../crds/agentrun.ts';
import { API_VERSION } from '../../crds/group.ts';
import { ANNOTATIONS, LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { fitName } from '../../shared/kube/names.ts';
import { controllerReference, type KubeObject } from '../../shared/kube/objects.ts';
import { modelOf } from '../../shared/runs/instance-model.ts';
import { runNameOf } from './run-name.ts';

/** What a run is made from. */
export interface RunParts {
  tick: Date;
  instance: SympoziumInstance;
  task: string;
  traceparent: string | undefined;
}

/** Skills that serve people, which a run of a schedule has none of [CTL-095]. */
const WEB_ENDPOINT = new Set(['web-endpoint', 'skillpack-web-endpoint']);

/** The run of a tick (controllers spec, 4.2). */
export function agentRunFor(
  schedule: SympoziumSchedule,
  { tick, instance, task, traceparent }: RunParts,
): AgentRunInput & KubeObject {
  const { name, namespace = '' } = schedule.metadata;
  const { instanceRef, type } = schedule.spec;
  const { skills, imagePullSecrets, agents } = instance.spec;
  const { lifecycle } = agents.default;
  const kept = skills?.filter(({ skillPackRef = '' }) => !WEB_ENDPOINT.has(skillPackRef)) ?? [];
  return {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: {
      name: runNameOf(schedule, tick),
      namespace,
      labels: {
        [LABELS.instance]: fitName(instanceRef),
        [LABELS.schedule]: fitName(name),
        [LABELS.type]: type,
      },
      ...(traceparent !== undefined && { annotations: { [ANNOTATIONS.traceparent]: traceparent } }),
      ownerReferences: [controllerReference(schedule)],
    },
    spec: {
      instanceRef,
      agentId: `schedule-${name}`,
      sessionKey: '',
      task,
      model: modelOf(instance),
      ...(kept.length > 0 && { skills: kept }),
      ...(imagePullSecrets !== undefined && { imagePullSecrets }),
      ...(lifecycle !== undefined && { lifecycle }),
    },
  };
}
