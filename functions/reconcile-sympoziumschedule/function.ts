import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';
import { PASS_SECONDS } from './timing.ts';

const { group } = KINDS.SympoziumSchedule;

export const manifest: FunctionManifest = {
  name: 'reconcile-sympoziumschedule',
  memoryMb: 256,
  timeoutSeconds: PASS_SECONDS,
  // Two hundred that tick at once have their runs before those begin to work: with ten at a time it takes twice as long.
  concurrency: 30,
  reconciles: {
    primary: {
      resource: KINDS.SympoziumSchedule,
      wakeOn: [{ path: 'metadata.generation' }, { path: 'metadata.deletionTimestamp' }],
    },
    children: [
      {
        resource: KINDS.AgentRun,
        // A run leaves this watch when it has ended and been told, which is all that its schedule waits for.
        labelSelector: `${LABELS.schedule},!${LABELS.finished}`,
        mapTo: { owner: KINDS.SympoziumSchedule.kind },
        madeHere: true,
        wakeOn: [],
      },
    ],
    subjects: [],
  },
  rules: [
    { apiGroups: [group], resources: ['sympoziumschedules'], verbs: ['get', 'patch'] },
    { apiGroups: [group], resources: ['sympoziumschedules/status'], verbs: ['patch'] },
    // Owner references that block the owner's deletion need it (OwnerReferencesPermissionEnforcement).
    { apiGroups: [group], resources: ['sympoziumschedules/finalizers'], verbs: ['update'] },
    { apiGroups: [group], resources: ['agentruns'], verbs: ['get', 'list', 'create', 'patch', 'delete'] },
    { apiGroups: [group], resources: ['sympoziuminstances'], verbs: ['get'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
  ],
};
