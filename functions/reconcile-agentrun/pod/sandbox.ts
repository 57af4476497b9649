import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import { RUN_REASONS } from '../../../crds/conditions.ts';
import { ANNOTATIONS, COMPONENTS, LABELS } from '../../../crds/labels.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import type { SympoziumPolicy } from '../../../crds/sympoziumpolicy.ts';
import { controllerReference, type KubeObject } from '../../../shared/kube/objects.ts';
import { apiVersionOf, SANDBOXES } from '../../../shared/kube/resources.ts';
import { isNotFound } from '../../../shared/kube/status-error.ts';
import type { Job } from '../../../shared/pods/job.ts';
import { runLabels } from '../../../shared/pods/labels.ts';
import type { PodTemplate } from '../../../shared/pods/pod.ts';
import { strictest } from '../../../shared/policy/strictest.ts';
import type { ObserveContext } from '../../../shared/reconcile/reconciler.ts';
import { type Failure, failure } from '../failure.ts';
import { sandboxNameOf } from '../names.ts';
import { deadlineSecondsOf, podTemplate } from './job.ts';
import { isServer, type RunBuild } from './run-build.ts';

/** `agents.x-k8s.io/v1alpha1` Sandbox, as far as it is built and read: one pod, which has its name and is made anew when it is lost. */
export interface Sandbox extends KubeObject {
  spec: { podTemplate: PodTemplate };
}

/** Whether a run is to have a Sandbox, and of which runtime class: its own wish, else its instance's unless it has a sidecar for it. */
export function agentSandboxOf(
  { spec }: AgentRun,
  instance: SympoziumInstance,
  policies: readonly SympoziumPolicy[],
): Resolution['agentSandbox'] {
  const inherited = instance.spec.agents.default.agentSandbox;
  const silent = spec.agentSandbox === undefined && spec.sandbox?.enabled !== true && !isServer({ spec });
  const wanted = spec.agentSandbox ?? (silent ? inherited : undefined);
  if (wanted?.enabled !== true) return undefined;
  const byPolicy = strictest(policies)?.sandboxPolicy?.agentSandboxPolicy?.defaultRuntimeClass;
  const runtimeClass = wanted.runtimeClass || byPolicy || inherited?.runtimeClass || '';
  return { ...(runtimeClass !== '' && { runtimeClass }) };
}

/** The run as its policy is to judge it: with the Sandbox that it gets from its instance. */
export function withAgentSandbox(run: AgentRun, { agentSandbox }: Resolution): AgentRun {
  if (agentSandbox === undefined) return run;
  return { ...run, spec: { ...run.spec, agentSandbox: { ...run.spec.agentSandbox, enabled: true, ...agentSandbox } } };
}

/** The pod of a Job in a Sandbox (AgentRun spec, 3.12), whole [RUN-W44], and ended by the node when the run's time is long over [RUN-W45]. */
export function sandboxFor(build: RunBuild): Sandbox {
  const { run, resolution } = build;
  const { name, namespace = '' } = run.metadata;
  const own = { [LABELS.agentSandbox]: 'true' };
  const labels = { ...runLabels(name, run.spec.instanceRef, COMPONENTS.agentRun), ...own };
  const { metadata, spec } = podTemplate(build);
  const { runtimeClass } = resolution.agentSandbox ?? {};
  const activeDeadlineSeconds = deadlineSecondsOf(resolution);
  return {
    apiVersion: apiVersionOf(SANDBOXES),
    kind: SANDBOXES.kind,
    metadata: {
      name: sandboxNameOf(name),
      namespace,
      labels,
      annotations: { [ANNOTATIONS.resolution]: JSON.stringify(resolution) },
      ownerReferences: [controllerReference(run)],
    },
    spec: {
      podTemplate: {
        metadata: { ...metadata, labels: { ...metadata.labels, ...own } },
        spec: { ...spec, activeDeadlineSeconds, ...(runtimeClass !== undefined && { runtimeClassName: runtimeClass }) },
      },
    },
  };
}

/** It has no end of its own: how its pod ended says what came of it. */
export function jobOfSandbox({ apiVersion, kind, metadata, spec }: Sandbox): Job {
  const { podTemplate: template } = spec;
  const { activeDeadlineSeconds = 0 } = template.spec;
  return {
    apiVersion,
    kind,
    metadata,
    spec: { backoffLimit: 0, ttlSecondsAfterFinished: 0, activeDeadlineSeconds, template },
  };
}

/** Whether the cluster has the agent-sandbox API; asked anew by each run that needs it, since it may come later [RUN-W46]. */
export async function servesSandboxes(namespace: string, { kube, signal }: ObserveContext): Promise<boolean> {
  try {
    await kube.page(SANDBOXES, { namespace, limit: 1, metadataOnly: true, signal });
    return true;
  } catch (thrown) {
    if (isNotFound(thrown)) return false;
    throw thrown;
  }
}

/** Why a run cannot have the Sandbox that it wants; it is never run without one. */
export function sandboxDenial(run: AgentRun, { agentSandbox }: Resolution, served: boolean): Failure | undefined {
  if (agentSandbox === undefined) return undefined;
  if ((run.spec.agentSandbox?.warmPoolRef ?? '') !== '') return NO_POOLS;
  return served ? undefined : NO_API;
}

const NO_API = failure(
  RUN_REASONS.sandboxUnavailable,
  'agent-sandbox mode requires dynamic client (agent-sandbox CRDs not available)',
  'The run wants a Sandbox, and the cluster has no agent-sandbox API: install it, or unset `spec.agentSandbox`',
);
/** Its pods run before anyone knows the task. */
const NO_POOLS = failure(
  RUN_REASONS.sandboxUnavailable,
  'not supported: spec.agentSandbox.warmPoolRef',
  'A pod of a warm pool cannot be given the task: leave `spec.agentSandbox.warmPoolRef` out, and name the `runtimeClass`',
);
/** Two contradictory wishes: a server would be run without a Sandbox. */
export const NO_SERVER_IN_SANDBOX = failure(
  RUN_REASONS.invalidSpec,
  'agentSandbox is not supported with mode=server',
  '`spec.agentSandbox` is not supported with `spec.mode: server`',
);
