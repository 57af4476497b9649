import type { AgentRunSpec } from '../../crds/agentrun.ts';
import { ANNOTATIONS, LABELS } from '../../crds/labels.ts';
import type { SympoziumPolicy, SympoziumPolicySpec } from '../../crds/sympoziumpolicy.ts';
import type { ObjectMeta } from '../../shared/kube/objects.ts';
import { policiesOf } from '../../shared/policy/floor.ts';
import { type PodRules, strictest } from '../../shared/policy/strictest.ts';
import type { Governing } from './governing.ts';
import { allow, type PatchStep, type Verdict } from './verdict.ts';

/**
 * What a policy fills in where a run is silent (controllers spec, 6.4): sandboxes that it requires, with its images, classes and
 * seccomp profile; the tools of its rules; the labels that say so. What cannot be looked up changes nothing. Pure.
 */
export function defaultRun(
  { metadata, spec }: { metadata: Pick<ObjectMeta, 'labels' | 'annotations'>; spec: AgentRunSpec },
  { instance, policy, floor }: Governing,
): Verdict {
  if (instance === undefined) return allow('instance not found, skipping mutation');
  const policies = policiesOf({ policy, floor });
  if (policies.length === 0 && (instance.spec.policyRef ?? '') === '') return allow('no policy');
  if (policies.length === 0) return allow('policy not found, skipping mutation');
  const filled = fill(spec, policies);
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

type Filled = { [Field in 'sandbox' | 'agentSandbox' | 'toolPolicy']: AgentRunSpec[Field] | undefined };

/** One policy after the other, those that require a sandbox first: what one filled in, the next finds there. */
function fill({ agentSandbox, sandbox, ...spec }: AgentRunSpec, policies: readonly SympoziumPolicy[]): Filled {
  const toolPolicy = spec.toolPolicy ?? toolPolicyOf(strictest(policies));
  const isLax = ({ spec: { sandboxPolicy } }: SympoziumPolicy) => sandboxPolicy?.required !== true;
  return policies
    .toSorted((a, b) => Number(isLax(a)) - Number(isLax(b)))
    .reduce<Filled>((filled, policy) => fillSandboxes(filled, policy.spec), { agentSandbox, sandbox, toolPolicy });
}

function fillSandboxes(filled: Filled, policy: SympoziumPolicySpec): Filled {
  const agentSandbox = agentSandboxOf(filled, policy);
  return { ...filled, agentSandbox, sandbox: sandboxOf(filled, agentSandbox?.enabled === true, policy) };
}

function agentSandboxOf({ agentSandbox }: Filled, { sandboxPolicy }: SympoziumPolicySpec): Filled['agentSandbox'] {
  const { required = false, defaultRuntimeClass = '' } = sandboxPolicy?.agentSandboxPolicy ?? {};
  if (agentSandbox?.enabled !== true && !required) return agentSandbox;
  // One that is off says nothing of its own: it is made as the policy wants it.
  const wanted = agentSandbox?.enabled === true ? agentSandbox : { enabled: true };
  const isSilent = (wanted.runtimeClass ?? '') === '' && defaultRuntimeClass !== '';
  return isSilent ? { ...wanted, runtimeClass: defaultRuntimeClass } : wanted;
}

/** An agent-sandbox is a sandbox: where the run has one, or gets one, no second one is added [CTL-WA8]. */
function sandboxOf(
  { sandbox }: Filled,
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
function toolPolicyOf({ toolGating }: PodRules = {}): Filled['toolPolicy'] {
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
