import type { Rule } from './denial.ts';
import { GATED_TOOLS } from './tool-access.ts';

/**
 * Row 9 of the original's table, and `defaultAction: deny` for tools without a rule, which there does nothing [CTL-WA2]. A run
 * that lists no tools may use what its policy allows; `ask` is asked when the tool is used.
 */
export const tools: Rule = ({ spec }, { toolGating }) => {
  if (toolGating === undefined) return [];
  const { defaultAction, rules = [] } = toolGating;
  return (spec.toolPolicy?.allow ?? []).flatMap((tool, index) => {
    const actions = rules.filter((rule) => rule.tool === tool).map(({ action }) => action);
    const denied = actions.length === 0 ? defaultAction === 'deny' : actions.includes('deny');
    if (!denied) return [];
    return [
      {
        field: `spec.toolPolicy.allow[${index}]`,
        rule: actions.length === 0 ? 'toolGating.defaultAction' : 'toolGating.rules',
        message: `tool "${tool}" is denied by policy`,
        remedy: 'take the tool out of the list',
      },
    ];
  });
};

/** Rows 10 and 11 of the original's table, and the tools that a closed gate is about. An absent gate is open. */
export const gates: Rule = ({ spec }, { featureGates = {} }) => {
  const closed = (gate: string) => featureGates[gate] === false;
  const objection = (gate: string, field: string, remedy: string) => ({
    field,
    rule: `featureGates.${gate}`,
    message: `feature gate '${gate}' is disabled by policy`,
    remedy,
  });
  return [
    ...(closed('code-execution') && spec.sandbox?.enabled === true
      ? [objection('code-execution', 'spec.sandbox.enabled', 'set spec.sandbox.enabled to false')]
      : []),
    ...(closed('sub-agents') && spec.parent !== undefined
      ? [objection('sub-agents', 'spec.parent', 'do the task in the parent run')]
      : []),
    ...Object.entries(GATED_TOOLS).flatMap(([gate, gated]) => {
      const index = closed(gate) ? (spec.toolPolicy?.allow ?? []).findIndex((tool) => gated.includes(tool)) : -1;
      return index < 0 ? [] : [objection(gate, `spec.toolPolicy.allow[${index}]`, 'take the tool out of the list')];
    }),
  ];
};
