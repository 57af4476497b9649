import { CLAIM, CONFIG_MAP, EVENT, NAMESPACE, NODE, SECRET, SERVICE_ACCOUNT } from './core.ts';
import { CRD } from './crd.ts';
import { defaultCronJob, JOB } from './job.ts';
import { POD } from './pod.ts';
import {
  BINDING,
  BUDGET,
  ENDPOINT_SLICE,
  LEASE,
  NETWORK_POLICY,
  ROLE,
  STORAGE_CLASS,
  WEBHOOKS,
} from './policy-kinds.ts';
import type { KindRules } from './resource-type.ts';
import { SERVICE } from './service.ts';
import { DAEMON_SET, DEPLOYMENT, REPLICA_SET, STATEFUL_SET } from './workloads.ts';

/** By `<group>/<Kind>`. A kind without a row is stored as it is. */
export const RULES: Record<string, KindRules> = {
  '/ConfigMap': CONFIG_MAP,
  '/Event': EVENT,
  'events.k8s.io/Event': EVENT,
  '/Namespace': NAMESPACE,
  '/Node': NODE,
  '/PersistentVolumeClaim': CLAIM,
  '/Pod': POD,
  '/Secret': SECRET,
  '/Service': SERVICE,
  '/ServiceAccount': SERVICE_ACCOUNT,
  'apps/DaemonSet': DAEMON_SET,
  'apps/Deployment': DEPLOYMENT,
  'apps/ReplicaSet': REPLICA_SET,
  'apps/StatefulSet': STATEFUL_SET,
  'batch/CronJob': { generation: true, default: defaultCronJob },
  'batch/Job': JOB,
  'rbac.authorization.k8s.io/Role': ROLE,
  'rbac.authorization.k8s.io/ClusterRole': ROLE,
  'rbac.authorization.k8s.io/RoleBinding': BINDING,
  'rbac.authorization.k8s.io/ClusterRoleBinding': BINDING,
  'coordination.k8s.io/Lease': LEASE,
  'networking.k8s.io/NetworkPolicy': NETWORK_POLICY,
  'discovery.k8s.io/EndpointSlice': ENDPOINT_SLICE,
  'policy/PodDisruptionBudget': BUDGET,
  'storage.k8s.io/StorageClass': STORAGE_CLASS,
  'apiextensions.k8s.io/CustomResourceDefinition': CRD,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': WEBHOOKS,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': WEBHOOKS,
};
