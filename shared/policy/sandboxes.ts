import { parseQuantity } from '../kube/quantity.ts';
import type { Objection, Rule } from './denial.ts';

/** Rows 6 and 7 of the original's table. An agent-sandbox is a sandbox: requiring both kinds can be satisfied [CTL-WA8]. */
export const sandboxes: Rule = ({ spec }, { sandboxPolicy }) => {
  if (sandboxPolicy === undefined) return [];
  const sandboxed = spec.sandbox?.enabled === true || spec.agentSandbox?.enabled === true;
  if (sandboxPolicy.required && !sandboxed) {
    return [
      {
        field: 'spec.sandbox.enabled',
        rule: 'sandboxPolicy.required',
        message: 'sandbox is required by policy',
        remedy: 'set spec.sandbox.enabled to true',
      },
    ];
  }
  return [
    ...limits('spec.sandbox', spec.sandbox?.enabled === true ? spec.sandbox.resources : undefined, sandboxPolicy),
    ...limits(
      'spec.agentSandbox',
      spec.agentSandbox?.enabled === true ? spec.agentSandbox.resources : undefined,
      sandboxPolicy,
    ),
  ];
};

/** Rows 12 to 15 of the original's table. A run that names no runtime class passes. */
export const agentSandboxes: Rule = ({ spec }, { sandboxPolicy }) => {
  const enabled = spec.agentSandbox?.enabled === true;
  const { required = false, allowedRuntimeClasses = [] } = sandboxPolicy?.agentSandboxPolicy ?? {};
  const objections: Objection[] = [];
  if (enabled && spec.sandbox?.enabled === true) {
    objections.push({
      field: 'spec.agentSandbox.enabled',
      rule: 'sandboxPolicy',
      message: 'sandbox.enabled and agentSandbox.enabled are mutually exclusive',
      remedy: 'enable one of the two',
    });
  }
  if (enabled && spec.mode === 'server') {
    objections.push({
      field: 'spec.mode',
      rule: 'sandboxPolicy.agentSandboxPolicy',
      message: 'agentSandbox is not supported with mode=server',
      remedy: 'set spec.mode to task, or spec.agentSandbox.enabled to false',
    });
  }
  if (required && !enabled) {
    objections.push({
      field: 'spec.agentSandbox.enabled',
      rule: 'sandboxPolicy.agentSandboxPolicy.required',
      message: 'agent-sandbox mode is required by policy',
      remedy: 'set spec.agentSandbox.enabled to true',
    });
  }
  const runtimeClass = spec.agentSandbox?.runtimeClass ?? '';
  if (
    enabled &&
    runtimeClass !== '' &&
    allowedRuntimeClasses.length > 0 &&
    !allowedRuntimeClasses.includes(runtimeClass)
  ) {
    objections.push({
      field: 'spec.agentSandbox.runtimeClass',
      rule: 'sandboxPolicy.agentSandboxPolicy.allowedRuntimeClasses',
      message: `runtime class "${runtimeClass}" is not allowed by policy (allowed: [${allowedRuntimeClasses.join(' ')}])`,
      remedy: 'name one of the allowed classes, or none',
    });
  }
  return objections;
};

interface Resources {
  requests?: Record<string, string> | undefined;
  limits?: Record<string, string> | undefined;
}

/** The original reads the maxima and compares them with nothing; here they bound what a sandbox asks for [CTL-WA2]. */
function limits(
  at: string,
  resources: Resources | undefined,
  maxima: { maxCPU?: string | undefined; maxMemory?: string | undefined },
): Objection[] {
  const bounds = [
    { resource: 'cpu', rule: 'sandboxPolicy.maxCPU', max: maxima.maxCPU ?? '' },
    { resource: 'memory', rule: 'sandboxPolicy.maxMemory', max: maxima.maxMemory ?? '' },
  ];
  return bounds.flatMap(({ resource, rule, max }) =>
    (['requests', 'limits'] as const).flatMap((list) => {
      const asked = resources?.[list]?.[resource];
      if (asked === undefined || max === '') return [];
      const field = `${at}.resources.${list}.${resource}`;
      const [amount, bound] = [parseQuantity(asked), parseQuantity(max)];
      if (bound === undefined) {
        return [
          { field, rule, message: `"${max}" is not a quantity`, remedy: 'correct the policy, such as 500m or 1Gi' },
        ];
      }
      if (amount === undefined) {
        return [{ field, rule, message: `"${asked}" is not a quantity`, remedy: 'write it such as 500m or 1Gi' }];
      }
      if (amount <= bound) return [];
      return [
        { field, rule, message: `${resource} ${asked} exceeds maximum ${max}`, remedy: `ask for at most ${max}` },
      ];
    }),
  );
}
