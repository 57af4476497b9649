import { API_VERSION } from '../../crds/group.ts';
import type { Persona, PersonaPack } from '../../crds/personapack.ts';
import { marked } from '../../shared/kube/applied.ts';
import { controllerReference, type KubeObject } from '../../shared/kube/objects.ts';
import { personaInstanceOf, personaScheduleOf } from './names.ts';
import { personaLabels } from './persona-instance.ts';

type Schedule = NonNullable<Persona['schedule']>;

/** The schedule of a persona. It says nothing of `suspend`, which is the user's and the agent's to set [CTL-WP6]. */
export function personaSchedule(
  pack: PersonaPack,
  persona: string,
  { type, task }: Schedule,
  schedule: string,
): KubeObject & { spec: object } {
  const { name, namespace = '' } = pack.metadata;
  return marked({
    apiVersion: API_VERSION,
    kind: 'SympoziumSchedule',
    metadata: {
      name: personaScheduleOf(name, persona),
      namespace,
      labels: personaLabels(pack, persona),
      ownerReferences: [controllerReference(pack)],
    },
    spec: {
      instanceRef: personaInstanceOf(name, persona),
      schedule,
      task: taskOf(task, pack.spec.taskOverride ?? ''),
      type,
      concurrencyPolicy: 'Forbid',
      includeMemory: true,
    },
  });
}

const taskOf = (task: string, override: string): string =>
  override === '' ? task : `TEAM OBJECTIVE: ${override}\n\nYOUR ROLE TASK: ${task}`;
