import type { AgentRun } from '../../crds/agentrun.ts';
import { AGENT_RUN_PHASES, INSTANCE_REASONS } from '../../crds/conditions.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import type { SkillRef } from '../../crds/skill-ref.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { isSame } from '../../shared/kube/applied.ts';
import { fitName } from '../../shared/kube/names.ts';
import { controllerReference, isControlledBy } from '../../shared/kube/objects.ts';
import { refOf } from '../../shared/kube/resources.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import { modelOf } from '../../shared/runs/instance-model.ts';
import { webEndpointRunOf } from './names.ts';
import type { Standing } from './observed.ts';
import type { Problem } from './references.ts';

export interface WebEndpointPlan {
  actions: Action[];
  problem?: Problem;
  requeueAfterSeconds?: number;
}

const SKILLS = ['web-endpoint', 'skillpack-web-endpoint'];
/** Pause before a failed endpoint is made anew: what made it fail seldom passes in less. */
const RETRY_SECONDS = 600;
/** A run that has ended is in no watch, so its disappearance is looked for. */
const GONE_SECONDS = 5;

/** The run that serves the instance over HTTP, one at a time, made anew when it failed or is out of date [CTL-WI5]. */
export function planWebEndpoint({ primary, webRun: run }: Standing, now: Date): WebEndpointPlan {
  const skill = webEndpointSkill(primary);
  const own = run !== undefined && isControlledBy(run, primary);
  if (skill === undefined) return own && !isGoing(run) ? removal(run) : { actions: [] };
  const desired = webEndpointRun(primary, skill);
  if (run === undefined) return { actions: [{ verb: 'apply', resource: KINDS.AgentRun, object: desired }] };
  if (!own) {
    const message = `AgentRun "${run.metadata.name}" belongs to something else; rename or remove it`;
    return { actions: [], problem: { reason: INSTANCE_REASONS.nameTaken, message } };
  }
  if (isGoing(run)) return { actions: [], requeueAfterSeconds: GONE_SECONDS };
  if (!isSame(run.spec, desired.spec)) return { ...removal(run), requeueAfterSeconds: GONE_SECONDS };
  return run.status?.phase === AGENT_RUN_PHASES.failed ? planFailed(run, now) : { actions: [] };
}

export const webEndpointSkill = ({ spec }: SympoziumInstance): SkillRef | undefined =>
  spec.skills?.find(({ skillPackRef = '' }) => SKILLS.includes(skillPackRef));

const isGoing = ({ metadata }: AgentRun): boolean => metadata.deletionTimestamp !== undefined;

const removal = (run: AgentRun): WebEndpointPlan => ({
  actions: [{ verb: 'delete', target: refOf(KINDS.AgentRun, run), propagation: 'Background' }],
});

function planFailed(run: AgentRun, now: Date): WebEndpointPlan {
  const ended = Date.parse(run.status?.completedAt ?? run.metadata.creationTimestamp ?? '');
  const left = Number.isNaN(ended) ? 0 : RETRY_SECONDS - (now.getTime() - ended) / 1000;
  if (left <= 0) return { ...removal(run), requeueAfterSeconds: GONE_SECONDS };
  const message = `Web endpoint: ${run.status?.error ?? 'its run failed'}`;
  const problem = { reason: INSTANCE_REASONS.webEndpointFailed, message };
  return { actions: [], problem, requeueAfterSeconds: Math.ceil(left) };
}

function webEndpointRun(instance: SympoziumInstance, { skillPackRef, params }: SkillRef): AgentRun {
  const { name, namespace = '' } = instance.metadata;
  const { imagePullSecrets } = instance.spec;
  return {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: {
      name: webEndpointRunOf(name),
      namespace,
      labels: { [LABELS.instance]: fitName(name), [LABELS.component]: COMPONENTS.webEndpoint },
      ownerReferences: [controllerReference(instance)],
    },
    spec: {
      instanceRef: name,
      agentId: 'web-endpoint',
      sessionKey: 'web-endpoint',
      task: 'Serve HTTP requests for this instance',
      mode: 'server',
      cleanup: 'delete',
      model: modelOf(instance),
      skills: [{ skillPackRef, ...(params !== undefined && { params }) }],
      ...(imagePullSecrets !== undefined && { imagePullSecrets }),
    },
  };
}
