import { KINDS } from '../../crds/group.ts';
import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';

const { group } = KINDS.SkillPack;

export const manifest: FunctionManifest = {
  name: 'reconcile-skillpack',
  memoryMb: 256,
  timeoutSeconds: 30,
  concurrency: 5,
  reconciles: {
    primary: {
      resource: KINDS.SkillPack,
      wakeOn: [{ path: 'metadata.generation' }, { path: 'metadata.deletionTimestamp' }],
    },
    children: [
      {
        resource: CONFIG_MAPS,
        labelSelector: `${LABELS.component}=${COMPONENTS.skillPack}`,
        mapTo: { owner: KINDS.SkillPack.kind },
        madeHere: true,
        wakeOn: [{ path: 'data' }, { path: 'metadata.labels' }],
      },
    ],
    subjects: [],
  },
  rules: [
    { apiGroups: [group], resources: ['skillpacks'], verbs: ['get', 'patch'] },
    { apiGroups: [group], resources: ['skillpacks/status'], verbs: ['patch'] },
    // Owner references that block the owner's deletion need it (OwnerReferencesPermissionEnforcement).
    { apiGroups: [group], resources: ['skillpacks/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'update', 'delete'] },
  ],
};
