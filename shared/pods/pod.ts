import type { KubeObject, ObjectMeta } from '../kube/objects.ts';

/** The parts of `core/v1` that our pods are built from and read by. Names and shapes are Kubernetes' own. */
export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: { name: string; key: string; optional?: boolean } };
}

export interface SecurityContext {
  readOnlyRootFilesystem?: boolean;
  allowPrivilegeEscalation?: boolean;
  privileged?: boolean;
  runAsUser?: number;
  runAsNonRoot?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  seccompProfile?: { type: string };
}

export interface VolumeMount {
  name: string;
  mountPath: string;
  subPath?: string;
  readOnly?: boolean;
}

interface ResourceList {
  cpu: string;
  memory: string;
}

export interface Container {
  name: string;
  image: string;
  imagePullPolicy: 'IfNotPresent';
  command?: string[];
  args?: string[];
  env?: EnvVar[];
  envFrom?: { prefix?: string; secretRef: { name: string } }[];
  resources: { requests: ResourceList; limits: ResourceList };
  securityContext?: SecurityContext;
  volumeMounts: VolumeMount[];
}

interface KeyToPath {
  key: string;
  path: string;
}

export type ProjectedSource =
  | { configMap: { name: string; optional?: boolean; items?: KeyToPath[] } }
  | { serviceAccountToken: { path: string; expirationSeconds: number } }
  | { downwardAPI: { items: { path: string; fieldRef: { fieldPath: string } }[] } };

export interface Volume {
  name: string;
  emptyDir?: { medium?: 'Memory'; sizeLimit?: string };
  configMap?: { name: string; optional?: boolean; items?: KeyToPath[] };
  secret?: { secretName: string; optional?: boolean };
  hostPath?: { path: string };
  persistentVolumeClaim?: { claimName: string };
  projected?: { sources: ProjectedSource[] };
}

interface PreferredNode {
  weight: number;
  preference: { matchFields: { key: 'metadata.name'; operator: 'In'; values: string[] }[] };
}

export interface PodSpec {
  restartPolicy: 'Never' | 'Always';
  activeDeadlineSeconds?: number;
  runtimeClassName?: string;
  serviceAccountName: string;
  automountServiceAccountToken: boolean;
  terminationGracePeriodSeconds?: number;
  dnsPolicy?: string;
  hostNetwork?: boolean;
  hostPID?: boolean;
  nodeSelector?: Record<string, string>;
  imagePullSecrets?: { name: string }[];
  affinity?: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: PreferredNode[] } };
  securityContext: SecurityContext & { fsGroup: number };
  initContainers?: Container[];
  containers: Container[];
  volumes: Volume[];
}

export interface PodTemplate {
  metadata: Pick<ObjectMeta, 'labels' | 'annotations'>;
  spec: PodSpec;
}

export interface TerminatedState {
  exitCode: number;
  reason?: string;
  message?: string;
  finishedAt?: string;
}

export interface ContainerStatus {
  name: string;
  state?: {
    waiting?: { reason?: string; message?: string };
    running?: { startedAt?: string };
    terminated?: TerminatedState;
  };
}

export interface Pod extends KubeObject {
  spec?: { containers: { name: string }[]; nodeName?: string };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}
