import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';
import type { Denial, Judged, Rule } from './denial.ts';
import { hostAccess } from './host-access.ts';
import { agentSandboxes, sandboxes } from './sandboxes.ts';
import { gates, tools } from './tools.ts';

/**
 * A run that another one asked for must lie below the maximum. The original's two checks differ by one; this is the stricter
 * one, which is what a run has to pass there in the end [CTL-WA6] [RUN-W36].
 */
const depth: Rule = ({ spec: { parent } }, { subagentPolicy }) => {
  if (parent === undefined || subagentPolicy === undefined || parent.spawnDepth < subagentPolicy.maxDepth) return [];
  return [
    {
      field: 'spec.parent.spawnDepth',
      rule: 'subagentPolicy.maxDepth',
      message: `sub-agent depth ${parent.spawnDepth} exceeds max ${subagentPolicy.maxDepth}`,
      remedy: 'do the task in the parent run, or raise maxDepth',
    },
  ];
};

/** In the order in which the original looks. */
const RULES: readonly Rule[] = [sandboxes, depth, tools, gates, agentSandboxes, hostAccess];

/**
 * Everything in which a run breaks its policies (controllers spec, 6.3), the first what the original would name; empty when it
 * may go on. The only judgement there is: admission and the run's reconciler both ask it. Pure.
 */
export function judgeRun(run: Judged, policies: readonly SympoziumPolicy[]): Denial[] {
  return policies.flatMap(({ metadata, spec }) =>
    RULES.flatMap((rule) => rule(run, spec)).map((objection) => ({ ...objection, policy: metadata.name })),
  );
}
