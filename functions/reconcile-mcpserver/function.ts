import { KINDS } from '../../crds/group.ts';
import { DEPLOYMENTS, JOBS, NETWORK_POLICIES, PODS, SERVICES } from '../../shared/kube/resources.ts';
import type { ChildWatch, FunctionManifest } from '../../shared/manifest.ts';
import { DISCOVERY_SELECTOR, SERVER_SELECTOR } from './labels.ts';

const { group, kind } = KINDS.MCPServer;
const own: Pick<ChildWatch, 'labelSelector' | 'mapTo' | 'madeHere'> = {
  labelSelector: SERVER_SELECTOR,
  mapTo: { owner: kind },
  madeHere: true,
};

export const manifest: FunctionManifest = {
  name: 'reconcile-mcpserver',
  memoryMb: 256,
  timeoutSeconds: 30,
  concurrency: 5,
  reconciles: {
    primary: { resource: KINDS.MCPServer, wakeOn: [{ path: 'metadata.generation' }] },
    children: [
      {
        ...own,
        resource: DEPLOYMENTS,
        wakeOn: ['readyReplicas', 'updatedReplicas', 'replicas', 'observedGeneration'].map((field) => ({
          path: `status.${field}`,
        })),
      },
      { ...own, resource: SERVICES, wakeOn: [{ path: 'spec.ports' }, { path: 'spec.selector' }] },
      { ...own, resource: NETWORK_POLICIES, wakeOn: [{ path: 'metadata.generation' }] },
      {
        ...own,
        resource: JOBS,
        labelSelector: DISCOVERY_SELECTOR,
        wakeOn: [{ path: 'status.conditions[*].type' }],
      },
      {
        resource: PODS,
        labelSelector: SERVER_SELECTOR,
        mapTo: { label: 'app.kubernetes.io/instance' },
        wakeOn: ['containerStatuses', 'initContainerStatuses'].map((list) => ({
          path: `status.${list}[*].state.waiting.reason`,
          except: ['ContainerCreating', 'PodInitializing'],
        })),
      },
    ],
    subjects: [],
  },
  rules: [
    { apiGroups: [group], resources: ['mcpservers'], verbs: ['get'] },
    { apiGroups: [group], resources: ['mcpservers/status'], verbs: ['patch'] },
    // Owner references that block the owner's deletion need it (OwnerReferencesPermissionEnforcement).
    { apiGroups: [group], resources: ['mcpservers/finalizers'], verbs: ['update'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'create', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['services'], verbs: ['get', 'create', 'patch', 'delete'] },
    {
      apiGroups: ['networking.k8s.io'],
      resources: ['networkpolicies'],
      verbs: ['get', 'create', 'patch', 'delete'],
    },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'create', 'delete'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    // Only metadata is asked for: whether a Secret exists, and in which version; never what it holds.
    { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
  ],
};
