import { LABELS } from '../../crds/labels.ts';
import type { Persona, PersonaPack } from '../../crds/personapack.ts';
import { controllerReference, type KubeObject } from '../../shared/kube/objects.ts';
import { personaMemoryOf } from './names.ts';
import { personaLabels } from './persona-instance.ts';

/** What the legacy memory of a persona begins with; undefined when it begins empty, which is its instance's to make. */
export function memorySeeds(pack: PersonaPack, { name, memory }: Persona): (KubeObject & { data: object }) | undefined {
  const { seeds = [], enabled = true } = memory ?? {};
  if (seeds.length === 0 || !enabled) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: personaMemoryOf(pack.metadata.name, name),
      namespace: pack.metadata.namespace ?? '',
      labels: { ...personaLabels(pack, name), [LABELS.memory]: 'true' },
      ownerReferences: [controllerReference(pack)],
    },
    data: { 'MEMORY.md': `# Memory\n\n${seeds.map((seed) => `- ${seed}\n`).join('')}` },
  };
}
