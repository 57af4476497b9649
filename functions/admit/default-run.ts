import type { AgentRunSpec } from '../../crds/agentrun.ts';
import { ANNOTATIONS, LABELS } from '../../crds/labels.ts';
import type { SympoziumPolicySpec } from '../../crds/sympoziumpolicy.ts';
import type { ObjectMeta } from '../../shared/kube/objects.ts';
import type { Governing } from './governing.ts';
import { allow, type PatchStep, type Verdict } from './verdict.ts';

/**
 * What a policy fills in where a run is silent (controllers spec, 6.4): sandboxes that it requires, with its images, classes and
 * seccomp profile; the tools of its rules; the labels that say so. What cannot be looked up changes nothing. Pure.
 */
export function defaultRun(
  { metadata, spec }: { metadata: Pick<ObjectMeta, 'labels' | 'annotations'>; spec: AgentRunSpec },
  { instance, policy }: Governing,
): Verdict {
  if (instance === undefined) return allow('instance not found, skipping mutation');
  if ((instance.spec.policyRef ?? '') === '') return allow('no policy');
  if (policy === undefined) return allow('policy not found, skipping mutation');
  const filled = fill(spec, policy.spec);
  const labels = {
    [LABELS.role]: 'agent',
    ...(filled.sandbox?.enabled === true && { [LABELS.sandbox]: 'true' }),
    ...(filled.agentSandbox?.enabled === true && { [LABELS.agentSandbox]: 'true' }),
  };
  const patch = [
    ...without('/metadata/labels', metadata.labels, labels),
    ...without('/metadata/annotations', metadata.annotations, { [ANNOTATIONS.disableServiceAccountToken]: 'true' }),
    ...(['sandbox', 'agentSandbox', 'toolPolicy'] as const).flatMap((field) =>
      filled[field] === spec[field] ? [] : [{ op: 'add' as const, path: `/spec/${field}`, value: filled[field] }],
    ),
  ];
  return patch.length === 0 ? allow('no mutations needed') : { allowed: true, code: 200, patch };
}

type Filled = Pick<AgentRunSpec, 'sandbox' | 'agentSandbox' | 'toolPolicy'>;

function fill(spec: AgentRunSpec, policy: SympoziumPolicySpec): Filled {
  const agentSandbox = agentSandboxOf(spec, policy);
  return {
    agentSandbox,
    sandbox: sandboxOf(spec, agentSandbox?.enabled === true, policy),
    toolPolicy: spec.toolPolicy ?? toolPolicyOf(policy),
  };
}

function agentSandboxOf(
  { agentSandbox }: AgentRunSpec,
  { sandboxPolicy }: SympoziumPolicySpec,
): Filled['agentSandbox'] {
  const { required = false, defaultRuntimeClass = '' } = sandboxPolicy?.agentSandboxPolicy ?? {};
  if (agentSandbox?.enabled !== true && !required) return agentSandbox;
  // One that is off says nothing of its own: it is made as the policy wants it.
  const wanted = agentSandbox?.enabled === true ? agentSandbox : { enabled: true };
  const isSilent = (wanted.runtimeClass ?? '') === '' && defaultRuntimeClass !== '';
  return isSilent ? { ...wanted, runtimeClass: defaultRuntimeClass } : wanted;
}

/** An agent-sandbox is a sandbox: where the run has one, or gets one, no second one is added [CTL-WA8]. */
function sandboxOf(
  { sandbox }: AgentRunSpec,
  isAgentSandboxed: boolean,
  { sandboxPolicy }: SympoziumPolicySpec,
): Filled['sandbox'] {
  if (sandboxPolicy === undefined || (sandbox === undefined && isAgentSandboxed)) return sandbox;
  const { required, defaultImage = '', seccompProfile } = sandboxPolicy;
  const begun = sandbox ?? (required ? { enabled: true } : undefined);
  const withImage =
    begun !== undefined && required && (begun.image ?? '') === '' && defaultImage !== ''
      ? { ...begun, image: defaultImage }
      : begun;
  if (seccompProfile === undefined || withImage?.securityContext?.seccompProfile !== undefined) return withImage;
  const base = withImage ?? { enabled: false };
  return { ...base, securityContext: { ...base.securityContext, seccompProfile } };
}

/** `ask` is settled when a tool is used, `defaultAction` by what the run's tools come down to. */
function toolPolicyOf({ toolGating }: SympoziumPolicySpec): Filled['toolPolicy'] {
  if (toolGating === undefined) return undefined;
  const named = (action: string) =>
    (toolGating.rules ?? []).filter((rule) => rule.action === action).map(({ tool }) => tool);
  const [allowed, denied] = [named('allow'), named('deny')];
  return { ...(allowed.length > 0 && { allow: allowed }), ...(denied.length > 0 && { deny: denied }) };
}

/** Steps that add what is missing, and leave alone what somebody set. */
function without(
  path: string,
  present: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): PatchStep[] {
  const missing = Object.entries(wanted).filter(([key]) => (present?.[key] ?? '') === '');
  if (missing.length === 0) return [];
  if (present === undefined) return [{ op: 'add', path, value: Object.fromEntries(missing) }];
  return missing.map(([key, value]) => ({
    op: 'add',
    path: `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    value,
  }));
}
