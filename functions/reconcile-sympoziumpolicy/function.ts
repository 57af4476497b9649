import { KINDS } from '../../crds/group.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';

const { group } = KINDS.SympoziumPolicy;

export const manifest: FunctionManifest = {
  name: 'reconcile-sympoziumpolicy',
  memoryMb: 256,
  timeoutSeconds: 30,
  concurrency: 5,
  reconciles: {
    primary: { resource: KINDS.SympoziumPolicy, wakeOn: [{ path: 'metadata.generation' }] },
    // An instance that comes, goes, or names another policy: the one that it named before is told, too [CTL-WA10].
    children: [{ resource: KINDS.SympoziumInstance, mapTo: { field: 'spec.policyRef' }, wakeOn: [] }],
    subjects: [],
  },
  rules: [
    { apiGroups: [group], resources: ['sympoziumpolicies'], verbs: ['get'] },
    { apiGroups: [group], resources: ['sympoziumpolicies/status'], verbs: ['patch'] },
    { apiGroups: [group], resources: ['sympoziuminstances'], verbs: ['list'] },
  ],
};
