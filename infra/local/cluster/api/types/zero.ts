/**
 * Which optional scalars the Go types hold by value: their zero is left out of the JSON, so `hostNetwork: false` vanishes while
 * `automountServiceAccountToken: false`, a pointer, stays. OpenAPI does not tell the two apart, so this table does.
 */
const BOOLEANS = new Set(
  `readOnly stdin stdinOnce tty unschedulable hostIPC hostNetwork hostPID publishNotReadyAddresses paused authenticated denied
  preserveUnknownFields deprecated exclusiveMaximum exclusiveMinimum nullable uniqueItems x-kubernetes-embedded-resource
  x-kubernetes-int-or-string chapAuthDiscovery chapAuthSession sslEnabled incomplete`.split(/\s+/),
);

const INTEGERS = new Set(
  `minReadySeconds hostPort initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold nodePort
  healthCheckNodePort count deprecatedCount generation observedGeneration signal sizeBytes partition priority code
  retryAfterSeconds`.split(/\s+/),
);

/** Fields that have one of the names above and are pointers all the same, and status counts that are pointers. */
const POINTERS = new Set(
  `PodSpec.priority ClientIPConfig.timeoutSeconds MutatingWebhook.timeoutSeconds ValidatingWebhook.timeoutSeconds
  RollingUpdateStatefulSetStrategy.partition JobStatus.ready JobStatus.terminating PodStatus.startTime VolumeMountStatus.readOnly
  DeploymentStatus.collisionCount DaemonSetStatus.collisionCount StatefulSetStatus.collisionCount
  DeploymentStatus.terminatingReplicas ReplicaSetStatus.terminatingReplicas`.split(/\s+/),
);

export function omitsZero(struct: string, field: string, type: string | undefined): boolean {
  if (POINTERS.has(`${struct}.${field}`)) return false;
  if (type === 'boolean') return BOOLEANS.has(field) && !(struct === 'VolumeMountStatus');
  if (type !== 'integer') return false;
  return (
    INTEGERS.has(field) ||
    (struct.endsWith('Status') && !REQUIRED_COUNTS.has(`${struct}.${field}`)) ||
    struct === 'ScaleSpec'
  );
}

/** Counts the kinds always print, zero or not. */
const REQUIRED_COUNTS = new Set(
  `DaemonSetStatus.currentNumberScheduled DaemonSetStatus.desiredNumberScheduled DaemonSetStatus.numberMisscheduled
  DaemonSetStatus.numberReady ReplicaSetStatus.replicas StatefulSetStatus.replicas ScaleStatus.replicas
  StatefulSetStatus.availableReplicas ContainerStatus.restartCount PodDisruptionBudgetStatus.currentHealthy
  PodDisruptionBudgetStatus.desiredHealthy PodDisruptionBudgetStatus.disruptionsAllowed
  PodDisruptionBudgetStatus.expectedPods`.split(/\s+/),
);
