import { KINDS } from '../../crds/group.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';

/** Makes the runs that agents ask for. What those come to is told by their own reconciler. */
export const manifest: FunctionManifest = {
  name: 'route-spawn',
  memoryMb: 256,
  timeoutSeconds: 30,
  concurrency: 10,
  // sympozium.run.<namespace>.<run>.<uid>.spawn
  subjects: ['sympozium.run.*.*.*.spawn'],
  rules: [
    { apiGroups: [KINDS.AgentRun.group], resources: [KINDS.AgentRun.plural], verbs: ['get', 'create', 'patch'] },
    // An agent like the one that asks goes on with what that one was lent.
    { apiGroups: [KINDS.AgentRun.group], resources: [KINDS.AgentRun.plural], verbs: ['escalate'] },
    {
      apiGroups: [KINDS.AgentRun.group],
      resources: [KINDS.SympoziumInstance.plural, KINDS.PersonaPack.plural],
      verbs: ['get'],
    },
    // Owner references that block the owner's deletion need it (OwnerReferencesPermissionEnforcement).
    { apiGroups: [KINDS.AgentRun.group], resources: ['agentruns/finalizers'], verbs: ['update'] },
  ],
};
