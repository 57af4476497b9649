import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import { LABELS } from '../../../crds/labels.ts';
import { bytesOf } from '../../../shared/bytes.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { controllerReference, type KubeObject } from '../../../shared/kube/objects.ts';
import { ENV_VALUE_MAX } from '../limits.ts';
import { inputConfigMapOf } from '../names.ts';

export interface ConfigMap extends KubeObject {
  data: Record<string, string>;
}

/** Key with `{"task": …}`, which the runner falls back to when its variable TASK is empty. */
export const TASK_FILE_KEY = 'task.json';

/** Whether the task is too long for an environment variable and goes to the agent as a file [RUN-W16]. */
export const isTaskFile = (run: AgentRun): boolean => bytesOf(run.spec.task) > ENV_VALUE_MAX;

/** `<run>-input`: what the run was asked (AgentRun spec, 3.2). */
export function inputConfigMap(run: AgentRun, resolution: Resolution): ConfigMap {
  const { name, namespace = '' } = run.metadata;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: inputConfigMapOf(name),
      namespace,
      labels: { [LABELS.agentRun]: fitName(name) },
      ownerReferences: [controllerReference(run)],
    },
    data: inputData(run, resolution),
  };
}

export function inputSize(run: AgentRun, resolution: Resolution): number {
  return Object.values(inputData(run, resolution)).reduce((sum, value) => sum + bytesOf(value), 0);
}

function inputData(run: AgentRun, { systemPrompt }: Resolution): Record<string, string> {
  const { spec } = run;
  return {
    ...(isTaskFile(run) ? { [TASK_FILE_KEY]: JSON.stringify({ task: spec.task }) } : { task: spec.task }),
    'system-prompt': systemPrompt,
    'agent-id': spec.agentId,
    'session-key': spec.sessionKey,
  };
}
