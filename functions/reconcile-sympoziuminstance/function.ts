import { KINDS } from '../../crds/group.ts';
import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import { DEPLOYMENTS } from '../../shared/kube/resources.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';

const { group } = KINDS.SympoziumInstance;

export const manifest: FunctionManifest = {
  name: 'reconcile-sympoziuminstance',
  memoryMb: 256,
  timeoutSeconds: 30,
  // A thousand instances that are applied at once are done within twenty seconds.
  concurrency: 20,
  reconciles: {
    primary: {
      resource: KINDS.SympoziumInstance,
      wakeOn: [{ path: 'metadata.generation' }, { path: 'metadata.deletionTimestamp' }],
    },
    children: [
      {
        resource: DEPLOYMENTS,
        labelSelector: `${LABELS.component}=${COMPONENTS.channel}`,
        mapTo: { owner: KINDS.SympoziumInstance.kind },
        madeHere: true,
        wakeOn: [{ path: 'metadata.generation' }, { path: 'status.readyReplicas' }],
      },
      {
        resource: KINDS.AgentRun,
        // Runs that end leave this watch, so that it does not grow with history.
        labelSelector: `${LABELS.instance},!${LABELS.finished}`,
        mapTo: { label: LABELS.instance },
        wakeOn: [{ path: 'status.phase', except: ['Pending'] }],
      },
    ],
    subjects: [],
  },
  rules: [
    { apiGroups: [group], resources: ['sympoziuminstances'], verbs: ['get', 'patch'] },
    { apiGroups: [group], resources: ['sympoziuminstances/status'], verbs: ['patch'] },
    // Owner references that block the owner's deletion need it (OwnerReferencesPermissionEnforcement).
    { apiGroups: [group], resources: ['sympoziuminstances/finalizers'], verbs: ['update'] },
    { apiGroups: [group], resources: ['agentruns'], verbs: ['get', 'list', 'create', 'patch', 'delete'] },
    { apiGroups: [group], resources: ['sympoziumschedules'], verbs: ['list', 'delete'] },
    { apiGroups: [group], resources: ['sympoziumpolicies', 'skillpacks'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'create', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['create', 'patch'] },
    // Only metadata is asked for: whether a Secret exists, never what it holds.
    { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
  ],
};
