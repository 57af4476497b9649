import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import { ANNOTATIONS, COMPONENTS, LABELS } from '../../../crds/labels.ts';
import { controllerReference } from '../../../shared/kube/objects.ts';
import type { Job } from '../../../shared/pods/job.ts';
import { runLabels } from '../../../shared/pods/labels.ts';
import type { Container, PodSpec, PodTemplate } from '../../../shared/pods/pod.ts';
import { podSecurity } from '../../../shared/pods/security.ts';
import { parseGoDuration } from '../../../shared/runs/go-duration.ts';
import { hookContainer, IPC_MOUNT, TMP_MOUNT, WORKSPACE_MOUNT } from '../hooks/hook-container.ts';
import { preRunHooks, wantsLifecycleAccess } from '../hooks/hooks.ts';
import { mcpBridgeContainer, mcpDiscoverContainer } from '../mcp/mcp-container.ts';
import { mcpAccessLabels } from '../mcp/mcp-servers.ts';
import { AGENT_SERVICE_ACCOUNT, jobNameOf, runServiceAccountOf } from '../names.ts';
import { hasOwnAccount } from '../rights/grants.ts';
import { skillContainer } from '../skills/skill-container.ts';
import { agentContainer } from './agent-container.ts';
import { bridgeContainer } from './bridge-container.ts';
import { OWN_NETWORK } from './network-policy.ts';
import type { RunBuild } from './run-build.ts';
import { sidecarsOf } from './run-build.ts';
import { sandboxContainer } from './sandbox-container.ts';
import { volumesOf } from './volumes.ts';

/** How much later than the control plane's time-out the Job ends by itself, so that the two never race [RUN-W28]. */
export const DEADLINE_MARGIN_SECONDS = 60;
/** Seconds for which an ended Job is kept. */
export const JOB_TTL_SECONDS = 300;
/** The bridge needs 2 s after a result, and a tool call some more. */
const TERMINATION_GRACE_SECONDS = 15;

/** The one Job of a run in task mode (AgentRun spec, 3.3). */
export function jobFor(build: RunBuild): Job {
  const { run, resolution } = build;
  const { name, namespace = '' } = run.metadata;
  const labels = runLabels(name, run.spec.instanceRef, COMPONENTS.agentRun);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobNameOf(name),
      namespace,
      labels,
      annotations: { [ANNOTATIONS.resolution]: JSON.stringify(resolution) },
      ownerReferences: [controllerReference(run)],
    },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: JOB_TTL_SECONDS,
      activeDeadlineSeconds: deadlineSecondsOf(resolution),
      template: podTemplate(build),
    },
  };
}

/** For which the node or the Job controller lets the pod work. */
export const deadlineSecondsOf = ({ timeout }: Resolution): number =>
  Math.ceil(parseGoDuration(timeout) ?? 0) + DEADLINE_MARGIN_SECONDS;

export function podTemplate(build: RunBuild): PodTemplate {
  const { run, resolution, mcpServers } = build;
  const labels = runLabels(run.metadata.name, run.spec.instanceRef, COMPONENTS.agentRun);
  return {
    metadata: { labels: { ...labels, ...networkLabels(resolution), ...mcpAccessLabels(mcpServers) } },
    spec: podSpec(build),
  };
}

function podSpec(build: RunBuild): PodSpec {
  const { run, resolution } = build;
  const sidecars = sidecarsOf(build);
  const host = sidecars.flatMap(({ sidecar }) => (sidecar.hostAccess?.enabled === true ? [sidecar.hostAccess] : []));
  const hostNetwork = host.some((access) => access.hostNetwork === true);
  const { nodeSelector } = resolution.model;
  const withMcp = build.mcpServers.length > 0;
  return {
    restartPolicy: 'Never',
    serviceAccountName: serviceAccountOf(run, resolution),
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
    dnsPolicy: hostNetwork ? 'ClusterFirstWithHostNet' : 'ClusterFirst',
    ...(hostNetwork && { hostNetwork }),
    ...(host.some((access) => access.hostPID === true) && { hostPID: true }),
    ...(nodeSelector !== undefined && { nodeSelector }),
    ...pullSecrets(resolution),
    securityContext: podSecurity(seccompOf(run, resolution)),
    ...initContainers([...(withMcp ? [mcpDiscoverContainer(build)] : []), ...preRunContainers(build)]),
    containers: [
      agentContainer(build),
      bridgeContainer(build),
      ...(run.spec.sandbox?.enabled === true ? [sandboxContainer(build)] : []),
      ...(withMcp ? [mcpBridgeContainer(build)] : []),
      ...sidecars.map((skill) => skillContainer(skill, resolution.tools)),
    ],
    volumes: volumesOf(build),
  };
}

/** Hooks come last, when what else prepares the pod has done so [RUN-054] [RUN-W48]. */
function preRunContainers({ run, resolution }: RunBuild): Container[] {
  const access = wantsLifecycleAccess(resolution);
  const mounts = [WORKSPACE_MOUNT, IPC_MOUNT, TMP_MOUNT];
  return preRunHooks(resolution).map((hook) => hookContainer(hook, { run, mounts, access }));
}

function initContainers(containers: Container[]): Pick<PodSpec, 'initContainers'> {
  return containers.length === 0 ? {} : { initContainers: containers };
}

export function serviceAccountOf({ metadata }: AgentRun, resolution: Resolution): string {
  return hasOwnAccount(resolution) ? runServiceAccountOf(metadata.name) : AGENT_SERVICE_ACCOUNT;
}

export function pullSecrets({ imagePullSecrets = [] }: RunBuild['resolution']): Pick<PodSpec, 'imagePullSecrets'> {
  return imagePullSecrets.length === 0 ? {} : { imagePullSecrets };
}

/** Network policies select agent pods by their role, and those of a policy of its own by that [RUN-W18] [CTL-WN1]. */
const networkLabels = ({ network }: Resolution): Record<string, string> => ({
  [LABELS.role]: 'agent',
  ...(network !== undefined && { [LABELS.network]: OWN_NETWORK }),
});

/** Counts even where the sandbox is off, as in the original [RUN-029]. */
export const seccompOf = ({ spec }: AgentRun, { sandboxDefaults }: Resolution): string | undefined =>
  spec.sandbox?.securityContext?.seccompProfile?.type || sandboxDefaults?.seccompProfile;
