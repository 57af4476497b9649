import { KINDS } from '../../crds/group.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';
import { RUN_SUBJECTS, SHARED_SUBJECT } from './subject.ts';

const { group } = KINDS.SympoziumSchedule;

export const manifest: FunctionManifest = {
  name: 'route-schedule',
  memoryMb: 256,
  timeoutSeconds: 30,
  concurrency: 1,
  subjects: [RUN_SUBJECTS, SHARED_SUBJECT],
  // A delete that overtook its create would leave the schedule behind.
  inOrder: true,
  rules: [
    { apiGroups: [group], resources: ['sympoziumschedules'], verbs: ['get', 'list', 'create', 'update', 'delete'] },
    { apiGroups: [group], resources: ['agentruns'], verbs: ['get'] },
    { apiGroups: [group], resources: ['sympoziuminstances'], verbs: ['get', 'list'] },
    // Owner references that block the owner's deletion need it (OwnerReferencesPermissionEnforcement).
    { apiGroups: [group], resources: ['sympoziuminstances/finalizers'], verbs: ['update'] },
  ],
};
