import type { Rule } from './denial.ts';

/** A sandbox policy without `allowHostMounts` keeps runs from skills that see paths of the node [CTL-WA2] [CTL-WK2]. */
export const hostAccess: Rule = ({ packs = [] }, { sandboxPolicy }) => {
  if (sandboxPolicy === undefined || sandboxPolicy.allowHostMounts) return [];
  return packs.flatMap(({ metadata: { name }, spec }) => {
    const { enabled = false, mounts = [] } = spec.sidecar?.hostAccess ?? {};
    if (!enabled || mounts.length === 0) return [];
    return [
      {
        field: 'spec.skills',
        rule: 'sandboxPolicy.allowHostMounts',
        message: `skill "${name}" mounts paths of the node, which the policy does not allow`,
        remedy: 'use the run without the skill, or set allowHostMounts to true',
      },
    ];
  });
};
