import type { Rule } from './denial.ts';
import { privilegesOf } from './privileges.ts';

/** Being root in one's own container shows nothing of the node. */
const HARMLESS = new Set(['runAsRoot']);

/**
 * A sandbox policy keeps skills from paths and processes of the node unless `allowHostMounts` is set, and from rights in the whole
 * cluster where `allowClusterRBAC` is false; one that closes the network keeps them from the node's, where no network policy
 * holds [CTL-WA2] [CTL-WK2].
 */
export const hostAccess: Rule = ({ packs = [] }, { sandboxPolicy, networkPolicy }) =>
  packs.flatMap(({ metadata: { name }, spec }) => {
    const asked = privilegesOf(spec.sidecar);
    const node = asked.node.filter((one) => !HARMLESS.has(one));
    const objection = (rule: string, what: string, remedy: string) => ({
      field: 'spec.skills',
      rule,
      message: `skill "${name}" asks for ${what}, which the policy does not allow`,
      remedy: `use the run without the skill, or ${remedy}`,
    });
    return [
      ...(sandboxPolicy?.allowHostMounts === false && node.length > 0
        ? [objection('sandboxPolicy.allowHostMounts', node.join(', '), 'set allowHostMounts to true')]
        : []),
      ...(sandboxPolicy?.allowClusterRBAC === false && asked.cluster.length > 0
        ? [objection('sandboxPolicy.allowClusterRBAC', 'rights in the whole cluster', 'set allowClusterRBAC to true')]
        : []),
      ...(networkPolicy?.denyAll === true && asked.network.length > 0
        ? [objection('networkPolicy.denyAll', 'the network of the node', 'set denyAll to false')]
        : []),
    ];
  });
