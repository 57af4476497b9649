import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { ChildWatch, FunctionManifest } from '../../shared/manifest.ts';

const { group } = KINDS.PersonaPack;

const stamped = (resource: ChildWatch['resource']): ChildWatch => ({
  resource,
  labelSelector: LABELS.personaPack,
  mapTo: { owner: KINDS.PersonaPack.kind },
  madeHere: true,
  wakeOn: [{ path: 'metadata.generation' }],
});

export const manifest: FunctionManifest = {
  name: 'reconcile-personapack',
  memoryMb: 256,
  timeoutSeconds: 60,
  concurrency: 5,
  reconciles: {
    primary: {
      resource: KINDS.PersonaPack,
      wakeOn: [{ path: 'metadata.generation' }, { path: 'metadata.deletionTimestamp' }],
    },
    children: [stamped(KINDS.SympoziumInstance), stamped(KINDS.SympoziumSchedule)],
    subjects: [],
  },
  rules: [
    { apiGroups: [group], resources: ['personapacks'], verbs: ['get', 'patch'] },
    { apiGroups: [group], resources: ['personapacks/status'], verbs: ['patch'] },
    // Owner references that block the owner's deletion need it (OwnerReferencesPermissionEnforcement).
    { apiGroups: [group], resources: ['personapacks/finalizers'], verbs: ['update'] },
    {
      apiGroups: [group],
      resources: ['sympoziuminstances', 'sympoziumschedules'],
      verbs: ['get', 'list', 'create', 'patch', 'delete'],
    },
    // Personas get what their pack lends, which was judged when the pack was written.
    { apiGroups: [group], resources: ['sympoziuminstances'], verbs: ['escalate'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'create', 'patch', 'delete'] },
  ],
};
