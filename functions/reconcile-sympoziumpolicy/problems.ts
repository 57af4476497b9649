import type { SympoziumPolicySpec } from '../../crds/sympoziumpolicy.ts';
import { parseQuantity } from '../../shared/kube/quantity.ts';
import { GATED_TOOLS } from '../../shared/policy/tool-access.ts';

const ACTIONS = ['allow', 'deny', 'ask'];
const SECCOMP_TYPES = ['RuntimeDefault', 'Localhost', 'Unconfined'];
const PORT_MAX = 65_535;

/** Values that cannot be understood, with field and what to write. Where one decides about a run, the run is refused. */
export function policyProblems(spec: SympoziumPolicySpec): string[] {
  return [...sandboxProblems(spec), ...toolProblems(spec), ...numberProblems(spec), ...egressProblems(spec)];
}

/** What is understood and does nothing. */
export function policyNotes({ featureGates = {}, networkPolicy }: SympoziumPolicySpec): string[] {
  const known = Object.keys(GATED_TOOLS);
  const unknown = Object.keys(featureGates).filter((gate) => !known.includes(gate));
  const idle = networkPolicy?.denyAll === false && (networkPolicy.allowedEgress ?? []).length > 0;
  return [
    ...unknown.map((gate) => `\`featureGates.${gate}\` does nothing: the gates are ${known.join(', ')}`),
    ...(idle ? ['`networkPolicy.allowedEgress` does nothing while `denyAll` is false'] : []),
  ];
}

function sandboxProblems({ sandboxPolicy }: SympoziumPolicySpec): string[] {
  const { maxCPU = '', maxMemory = '', seccompProfile, agentSandboxPolicy } = sandboxPolicy ?? {};
  const { defaultRuntimeClass = '', allowedRuntimeClasses = [] } = agentSandboxPolicy ?? {};
  const seccomp = seccompProfile?.type ?? '';
  const outside =
    defaultRuntimeClass !== '' &&
    allowedRuntimeClasses.length > 0 &&
    !allowedRuntimeClasses.includes(defaultRuntimeClass);
  return [
    ...quantityProblem('sandboxPolicy.maxCPU', maxCPU, '500m or 2'),
    ...quantityProblem('sandboxPolicy.maxMemory', maxMemory, '512Mi or 1Gi'),
    ...(seccomp !== '' && !SECCOMP_TYPES.includes(seccomp)
      ? [`\`sandboxPolicy.seccompProfile.type\` must be one of ${SECCOMP_TYPES.join(', ')}, not "${seccomp}"`]
      : []),
    ...(outside
      ? ['`sandboxPolicy.agentSandboxPolicy.defaultRuntimeClass` must be one of `allowedRuntimeClasses`']
      : []),
  ];
}

const quantityProblem = (field: string, value: string, such: string): string[] =>
  value === '' || parseQuantity(value) !== undefined
    ? []
    : [`\`${field}\` must be a quantity such as ${such}, not "${value}"`];

function toolProblems({ toolGating }: SympoziumPolicySpec): string[] {
  const { defaultAction = 'allow', rules = [] } = toolGating ?? {};
  const actions = [
    { field: 'toolGating.defaultAction', action: defaultAction },
    ...rules.map(({ action }, index) => ({ field: `toolGating.rules[${index}].action`, action })),
  ];
  const wrong = actions.filter(({ action }) => !ACTIONS.includes(action));
  const torn = rules.filter(
    ({ tool, action }, index) => rules.findIndex((one) => one.tool === tool && one.action !== action) > index,
  );
  return [
    ...wrong.map(({ field, action }) => `\`${field}\` must be one of ${ACTIONS.join(', ')}, not "${action}"`),
    ...torn.map(({ tool }) => `\`toolGating.rules\` must not say two things about "${tool}"`),
  ];
}

function numberProblems({ subagentPolicy }: SympoziumPolicySpec): string[] {
  const { maxDepth = 0, maxConcurrent = 0 } = subagentPolicy ?? {};
  return [
    ...(maxDepth < 0 ? ['`subagentPolicy.maxDepth` must not be negative'] : []),
    ...(maxConcurrent < 0 ? ['`subagentPolicy.maxConcurrent` must not be negative'] : []),
  ];
}

function egressProblems({ networkPolicy }: SympoziumPolicySpec): string[] {
  return (networkPolicy?.allowedEgress ?? []).flatMap(({ host, port = 1 }, index) => [
    ...(host === '' ? [`\`networkPolicy.allowedEgress[${index}].host\` must not be empty`] : []),
    ...(port < 1 || port > PORT_MAX
      ? [`\`networkPolicy.allowedEgress[${index}].port\` must be from 1 to ${PORT_MAX}, not ${port}`]
      : []),
  ]);
}
