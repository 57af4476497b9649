import type { EffectivePolicy, SympoziumPolicySpec } from '../../crds/sympoziumpolicy.ts';
import { toolAccess } from '../../shared/policy/tool-access.ts';

/** What a policy comes down to for a run that asks for nothing itself: defaults, rules and gates taken together. */
export function effectivePolicy(spec: SympoziumPolicySpec): EffectivePolicy {
  const { sandboxPolicy, subagentPolicy, featureGates = {} } = spec;
  const { maxCPU = '', maxMemory = '' } = sandboxPolicy ?? {};
  const { allow, deny = [] } = toolAccess(undefined, spec);
  const closedGates = Object.keys(featureGates)
    .filter((gate) => featureGates[gate] === false)
    .sort();
  const egress = egressOf(spec);
  return {
    sandbox: sandboxOf(spec),
    hostAccess: sandboxPolicy?.allowHostMounts ?? true,
    clusterRBAC: sandboxPolicy?.allowClusterRBAC ?? true,
    ...(maxCPU !== '' && { maxCPU }),
    ...(maxMemory !== '' && { maxMemory }),
    ...(subagentPolicy !== undefined && {
      maxDepth: subagentPolicy.maxDepth,
      maxConcurrent: subagentPolicy.maxConcurrent,
    }),
    ...(allow !== undefined && { allowedTools: allow }),
    ...(deny.length > 0 && { deniedTools: deny }),
    ...(closedGates.length > 0 && { closedGates }),
    ...(egress !== undefined && { egress }),
  };
}

function sandboxOf({ sandboxPolicy }: SympoziumPolicySpec): EffectivePolicy['sandbox'] {
  if (sandboxPolicy?.agentSandboxPolicy?.required === true) return 'AgentSandboxRequired';
  return sandboxPolicy?.required === true ? 'Required' : 'Optional';
}

function egressOf({ networkPolicy }: SympoziumPolicySpec): string[] | undefined {
  if (networkPolicy === undefined || !networkPolicy.denyAll) return undefined;
  const { allowDNS, allowEventBus, allowedEgress = [] } = networkPolicy;
  return [
    ...(allowDNS ? ['DNS'] : []),
    ...(allowEventBus ? ['EventBus'] : []),
    ...allowedEgress.map(({ host, port }) => (port === undefined ? host : `${host}:${port}`)),
  ];
}
