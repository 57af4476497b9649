import { KINDS } from '../../crds/group.ts';
import { ANNOTATIONS, LABELS } from '../../crds/labels.ts';
import { DEPLOYMENTS, HTTP_ROUTES, JOBS, PODS, SANDBOXES, SERVICES } from '../../shared/kube/resources.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';

const ownKinds = [
  'sympoziuminstances',
  'sympoziumpolicies',
  'skillpacks',
  'mcpservers',
  'personapacks',
  'sympoziumconfigs',
];

export const manifest: FunctionManifest = {
  name: 'reconcile-agentrun',
  memoryMb: 256,
  timeoutSeconds: 30,
  concurrency: 40,
  reconciles: {
    primary: {
      resource: KINDS.AgentRun,
      labelSelector: `!${LABELS.finished}`,
      // Its own writes wake nobody: of a run's spec only `cancel` matters later, and what else follows comes from Jobs, pods, bus and gate.
      wakeOn: [
        { path: 'metadata.generation' },
        { path: 'metadata.deletionTimestamp' },
        { path: `metadata.annotations[${ANNOTATIONS.gateVerdict}]` },
      ],
    },
    children: [
      {
        resource: JOBS,
        labelSelector: LABELS.agentRun,
        mapTo: { owner: KINDS.AgentRun.kind },
        madeHere: true,
        wakeOn: [{ path: 'status.conditions[*].type' }, { path: 'metadata.deletionTimestamp' }],
      },
      {
        resource: PODS,
        labelSelector: LABELS.agentRun,
        mapTo: { label: LABELS.agentRun },
        wakeOn: [
          { path: 'status.phase', except: ['Pending', 'Running'] },
          { path: 'status.reason' },
          { path: 'status.containerStatuses[*].state.terminated.exitCode' },
          {
            path: 'status.containerStatuses[*].state.waiting.reason',
            except: ['ContainerCreating', 'PodInitializing'],
          },
          { path: 'status.initContainerStatuses[*].state.waiting.reason', except: ['PodInitializing'] },
        ],
      },
      {
        resource: DEPLOYMENTS,
        labelSelector: LABELS.agentRun,
        mapTo: { owner: KINDS.AgentRun.kind },
        madeHere: true,
        wakeOn: [
          { path: 'metadata.generation' },
          { path: 'metadata.deletionTimestamp' },
          { path: 'status.readyReplicas' },
        ],
      },
      {
        resource: SERVICES,
        labelSelector: LABELS.agentRun,
        mapTo: { owner: KINDS.AgentRun.kind },
        madeHere: true,
        wakeOn: [{ path: 'metadata.deletionTimestamp' }],
      },
      {
        resource: HTTP_ROUTES,
        labelSelector: LABELS.agentRun,
        mapTo: { owner: KINDS.AgentRun.kind },
        madeHere: true,
        optional: true,
        wakeOn: [{ path: 'metadata.generation' }, { path: 'metadata.deletionTimestamp' }],
      },
      {
        resource: SANDBOXES,
        labelSelector: LABELS.agentRun,
        mapTo: { owner: KINDS.AgentRun.kind },
        madeHere: true,
        optional: true,
        wakeOn: [{ path: 'metadata.deletionTimestamp' }],
      },
    ],
    // sympozium.run.<namespace>.<run>.<uid>.<event>
    subjects: ['completed', 'slot'].map((event) => ({
      subject: `sympozium.run.*.*.*.${event}`,
      namespaceToken: 2,
      nameToken: 3,
    })),
  },
  rules: [
    { apiGroups: [KINDS.AgentRun.group], resources: ['agentruns'], verbs: ['get', 'list', 'patch'] },
    { apiGroups: [KINDS.AgentRun.group], resources: ['agentruns/status'], verbs: ['patch'] },
    // Owner references that block the owner's deletion need it (OwnerReferencesPermissionEnforcement).
    { apiGroups: [KINDS.AgentRun.group], resources: ['agentruns/finalizers'], verbs: ['update'] },
    { apiGroups: [KINDS.AgentRun.group], resources: ownKinds, verbs: ['get'] },
    // The policy of a namespace is named by a label of it.
    { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
    { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['create', 'patch'] },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'create', 'patch', 'delete'] },
    {
      apiGroups: [SANDBOXES.group],
      resources: [SANDBOXES.plural],
      verbs: ['get', 'list', 'create', 'delete'],
    },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    { apiGroups: [''], resources: ['events'], verbs: ['list'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'update', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['create', 'patch', 'delete'] },
    // Of keys only metadata is asked for. The keys of servers, and copies of the Secrets of skills, are made here.
    { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch', 'delete'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'create', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['services'], verbs: ['get', 'create', 'patch', 'delete'] },
    { apiGroups: [HTTP_ROUTES.group], resources: [HTTP_ROUTES.plural], verbs: ['get', 'create', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get', 'create', 'patch', 'delete'] },
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
      verbs: ['get', 'list', 'create', 'patch', 'delete'],
    },
  ],
};
