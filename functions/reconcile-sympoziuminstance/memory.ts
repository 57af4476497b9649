import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance, SympoziumInstanceStatus } from '../../crds/sympoziuminstance.ts';
import { fitName } from '../../shared/kube/names.ts';
import { controllerReference } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import { memoryConfigMapOf } from './names.ts';
import type { Standing } from './observed.ts';

const INITIAL = '# Agent Memory\n\nNo memories recorded yet.\n';

const hasLegacyMemory = ({ spec }: SympoziumInstance): boolean => spec.memory?.enabled === true;

/** The legacy memory, made once; what agents, packs and people wrote into it is theirs (controllers spec, 2.1.2). */
export function memoryActions({ primary, memoryFound }: Standing): Action[] {
  if (!hasLegacyMemory(primary) || memoryFound) return [];
  const { name, namespace = '' } = primary.metadata;
  const labels = { [LABELS.instance]: fitName(name), [LABELS.component]: COMPONENTS.memory };
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: memoryConfigMapOf(name), namespace, labels, ownerReferences: [controllerReference(primary)] },
    data: { 'MEMORY.md': INITIAL },
  };
  return [{ verb: 'apply', resource: CONFIG_MAPS, object }];
}

/** Where the agents keep what they remember. The memory that they search is the relay's: it costs an instance no object. */
export function memoryStatus(instance: SympoziumInstance): SympoziumInstanceStatus['memory'] {
  const served = instance.spec.skills?.some(({ skillPackRef }) => skillPackRef === 'memory') === true;
  const kept = hasLegacyMemory(instance);
  if (!served && !kept) return undefined;
  return {
    ...(kept && { configMapName: memoryConfigMapOf(instance.metadata.name) }),
    ...(served && { server: 'Relay' }),
  };
}
