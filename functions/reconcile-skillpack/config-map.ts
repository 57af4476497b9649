import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import { covers, isSame } from '../../shared/kube/applied.ts';
import { fitName } from '../../shared/kube/names.ts';
import { controllerReference, type KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import { skillFiles } from '../../shared/pods/skill-files.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import type { Standing } from './observed.ts';

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

/**
 * The texts of the skills, for the pods of runs to mount. Replaced whole, so that agents read these files and no others; as it was
 * read, or not at all: whatever gets the name in between is left alone [CTL-WK1].
 */
export function configMapActions({ primary, configMap }: Standing): Action[] {
  const { name, namespace = '' } = primary.metadata;
  const labels = { [LABELS.component]: COMPONENTS.skillPack, [LABELS.skillPack]: fitName(name) };
  const data = skillFiles(primary.spec.skills);
  const existing = typeof configMap === 'string' ? undefined : configMap;
  if (existing !== undefined && isSame(existing.data, data) && covers(existing.metadata.labels, labels)) return [];
  const metadata =
    existing === undefined
      ? { name, namespace, labels, ownerReferences: [controllerReference(primary)] }
      : { ...existing.metadata, labels: { ...existing.metadata.labels, ...labels } };
  const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  return [{ verb: 'replace', resource: CONFIG_MAPS, object }];
}
