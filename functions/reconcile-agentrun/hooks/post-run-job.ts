import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import { COMPONENTS } from '../../../crds/labels.ts';
import { cutBytes } from '../../../shared/bytes.ts';
import { controllerReference } from '../../../shared/kube/objects.ts';
import { literal } from '../../../shared/pods/env.ts';
import type { Job } from '../../../shared/pods/job.ts';
import { runLabels } from '../../../shared/pods/labels.ts';
import type { Container, PodSpec } from '../../../shared/pods/pod.ts';
import { HARDENED, podSecurity } from '../../../shared/pods/security.ts';
import type { RunConfig } from '../config.ts';
import { postRunJobNameOf } from '../names.ts';
import { DEADLINE_MARGIN_SECONDS, JOB_TTL_SECONDS, pullSecrets, seccompOf, serviceAccountOf } from '../pod/job.ts';
import { workspaceVolume } from '../pod/workspace.ts';
import { SKILL_TOKEN_VOLUME } from '../rights/skill-access.ts';
import { hookContainer, TMP_MOUNT, WORKSPACE_MOUNT } from './hook-container.ts';
import { type Hooked, isGate, postRunHooks, postRunTimeout, wantsLifecycleAccess } from './hooks.ts';

/** What the hooks are told of the agent. */
export interface AgentReport {
  exitCode: 0 | 1;
  /** The answer, or the error. */
  text: string;
  /** Where the agent's pod ran, which may still hold the workspace. */
  nodeName?: string | undefined;
}

/** Longest AGENT_RESULT in bytes [RUN-089]. */
const RESULT_ENV_MAX = 32_768;

/** The time that all hooks together may take. */
export function postRunSeconds(resolution: Hooked, config: RunConfig): number {
  return postRunHooks(resolution).reduce((sum, hook) => sum + postRunTimeout(hook, config), 0);
}

/** The one Job of a run's postRun hooks (AgentRun spec, 3.10). */
export function postRunJob(run: AgentRun, resolution: Resolution, report: AgentReport, config: RunConfig): Job {
  const { name, namespace = '' } = run.metadata;
  const labels = runLabels(name, run.spec.instanceRef, COMPONENTS.postRun);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: postRunJobNameOf(name), namespace, labels, ownerReferences: [controllerReference(run)] },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: JOB_TTL_SECONDS,
      activeDeadlineSeconds: Math.ceil(postRunSeconds(resolution, config)) + DEADLINE_MARGIN_SECONDS,
      template: { metadata: { labels }, spec: podSpec(run, resolution, report, config) },
    },
  };
}

function podSpec(run: AgentRun, resolution: Resolution, report: AgentReport, config: RunConfig): PodSpec {
  const { nodeSelector } = resolution.model;
  const access = wantsLifecycleAccess(resolution);
  return {
    restartPolicy: 'Never',
    serviceAccountName: serviceAccountOf(run, resolution),
    automountServiceAccountToken: false,
    dnsPolicy: 'ClusterFirst',
    ...(nodeSelector !== undefined && { nodeSelector }),
    ...near(report.nodeName),
    ...pullSecrets(resolution),
    securityContext: podSecurity(seccompOf(run, resolution)),
    initContainers: hookContainers(run, resolution, report),
    containers: [doneContainer(config)],
    volumes: [
      workspaceVolume(run, resolution),
      { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
      ...(access ? [SKILL_TOKEN_VOLUME] : []),
    ],
  };
}

/** The claim can be mounted on one node at a time, and the agent's pod may take a moment to go [RUN-W47]. */
function near(nodeName: string | undefined): Pick<PodSpec, 'affinity'> {
  if (nodeName === undefined) return {};
  const preference = { matchFields: [{ key: 'metadata.name' as const, operator: 'In' as const, values: [nodeName] }] };
  return {
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference }] } },
  };
}

function hookContainers(run: AgentRun, resolution: Resolution, { exitCode, text }: AgentReport): Container[] {
  const told = [
    literal('AGENT_EXIT_CODE', String(exitCode)),
    literal('AGENT_RESULT', cutBytes(text, RESULT_ENV_MAX).text),
  ];
  return postRunHooks(resolution).map((hook) =>
    hookContainer(hook, {
      run,
      told,
      fixed: isGate(hook) ? [literal('GATE_MODE', 'true')] : [],
      mounts: [WORKSPACE_MOUNT, TMP_MOUNT],
      access: wantsLifecycleAccess(resolution),
    }),
  );
}

/** A pod needs a container besides its init containers. */
function doneContainer({ RUN_DONE_IMAGE }: RunConfig): Container {
  return {
    name: 'done',
    image: RUN_DONE_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: ['true'],
    resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { cpu: '50m', memory: '16Mi' } },
    securityContext: HARDENED,
    volumeMounts: [],
  };
}
