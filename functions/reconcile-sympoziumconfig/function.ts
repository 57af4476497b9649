import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import { GATEWAY_CLASSES, GATEWAYS } from '../../shared/kube/resources.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';
import { MANAGER } from './gateway.ts';

const { group } = KINDS.SympoziumConfig;

export const manifest: FunctionManifest = {
  name: 'reconcile-sympoziumconfig',
  memoryMb: 256,
  timeoutSeconds: 30,
  concurrency: 2,
  reconciles: {
    primary: {
      resource: KINDS.SympoziumConfig,
      wakeOn: [{ path: 'metadata.generation' }, { path: 'metadata.deletionTimestamp' }],
    },
    children: [
      {
        resource: GATEWAYS,
        labelSelector: `${LABELS.managedBy}=${MANAGER}`,
        mapTo: { owner: KINDS.SympoziumConfig.kind },
        madeHere: true,
        optional: true,
        wakeOn: [
          { path: 'metadata.generation' },
          { path: 'status.conditions[*].status' },
          { path: 'status.addresses[*].value' },
        ],
      },
    ],
    subjects: [],
  },
  rules: [
    { apiGroups: [group], resources: ['sympoziumconfigs'], verbs: ['get', 'list', 'patch'] },
    { apiGroups: [group], resources: ['sympoziumconfigs/status'], verbs: ['patch'] },
    // Owner references that block the owner's deletion need it (OwnerReferencesPermissionEnforcement).
    { apiGroups: [group], resources: ['sympoziumconfigs/finalizers'], verbs: ['update'] },
    { apiGroups: [GATEWAYS.group], resources: [GATEWAYS.plural], verbs: ['list', 'create', 'patch', 'delete'] },
    { apiGroups: [GATEWAY_CLASSES.group], resources: [GATEWAY_CLASSES.plural], verbs: ['list', 'create', 'delete'] },
  ],
};
