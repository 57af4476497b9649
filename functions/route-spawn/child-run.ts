import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION } from '../../crds/group.ts';
import { ANNOTATIONS, COMPONENTS, LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { fitName } from '../../shared/kube/names.ts';
import { controllerReference } from '../../shared/kube/objects.ts';
import { modelOf } from '../../shared/runs/instance-model.ts';
import type { SpawnRequest } from './request.ts';

/** A request that can be met. */
type Request = SpawnRequest & { wanted: Exclude<SpawnRequest['wanted'], { invalid: string }> };

/**
 * The run that an agent asked for. An agent like the one that asks goes on with the model and the tools of that; another persona
 * has its own. It goes with the run that asked, by owner reference.
 */
export function childRun({ childName, id, wanted }: Request, asker: AgentRun, target: SympoziumInstance): AgentRun {
  const { metadata, spec, status } = asker;
  const { agentId, targetPersona, task, systemPrompt, skills } = wanted;
  const same = target.metadata.name === spec.instanceRef;
  const { lifecycle, toolPolicy } = target.spec.agents.default;
  const tools = same ? (spec.toolPolicy ?? toolPolicy) : toolPolicy;
  const traceparent = metadata.annotations?.[ANNOTATIONS.traceparent];
  return {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: {
      name: childName,
      namespace: metadata.namespace ?? '',
      labels: {
        [LABELS.instance]: fitName(target.metadata.name),
        [LABELS.parentRun]: fitName(metadata.name),
        [LABELS.component]: COMPONENTS.agentRun,
        ...(isLabelValue(agentId) && { [LABELS.agentId]: agentId }),
        ...(isLabelValue(targetPersona) && { [LABELS.persona]: targetPersona }),
      },
      annotations: {
        [ANNOTATIONS.spawnRequest]: id,
        ...(traceparent !== undefined && { [ANNOTATIONS.traceparent]: traceparent }),
      },
      ownerReferences: [controllerReference(asker)],
    },
    spec: {
      instanceRef: target.metadata.name,
      agentId,
      sessionKey: `${spec.sessionKey}:sub:${childName}`,
      parent: {
        runName: metadata.name,
        sessionKey: spec.sessionKey,
        spawnDepth: (status?.resolution?.depth ?? spec.parent?.spawnDepth ?? 0) + 1,
      },
      task,
      model: same ? (status?.resolution?.model ?? spec.model) : modelOf(target),
      cleanup: 'delete',
      mode: 'task',
      ...(systemPrompt !== undefined && systemPrompt !== '' && { systemPrompt }),
      ...(skills.length > 0 && { skills: skills.map((skillPackRef) => ({ skillPackRef })) }),
      ...(tools !== undefined && { toolPolicy: tools }),
      ...(target.spec.imagePullSecrets !== undefined && { imagePullSecrets: target.spec.imagePullSecrets }),
      ...(lifecycle !== undefined && { lifecycle }),
    },
  };
}

/** An agent names itself as it likes; what no label can hold stays in the spec alone. */
const isLabelValue = (text: string): boolean => /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(text);
