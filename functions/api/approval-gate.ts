import { GROUP, KINDS } from '../../crds/group.ts';
import type { LifecycleHooks } from '../../crds/lifecycle.ts';

/** Name of the hook that holds a result until a person has decided (api.md 1.6). */
const GATE_NAME = 'manual-approval-gate';

const GATE = {
  name: GATE_NAME,
  image: 'busybox:1.36',
  command: ['sh', '-c', "echo 'Waiting for manual approval...'; sleep 86400"],
  gate: true,
};

const READ_VERDICT = { apiGroups: [GROUP], resources: [KINDS.AgentRun.plural], verbs: ['get', 'patch'] };

/** Hooks with the approval gate; the same when they have it. */
export function withApprovalGate(hooks: LifecycleHooks | undefined): LifecycleHooks {
  const { postRun = [], rbac = [], ...rest } = hooks ?? { gateDefault: 'block' as const };
  if (hooks !== undefined && postRun.some(({ name }) => name === GATE_NAME)) return hooks;
  const knowsRuns = rbac.some(({ resources }) => resources.includes(KINDS.AgentRun.plural));
  return {
    ...rest,
    postRun: [...postRun, GATE],
    rbac: knowsRuns ? rbac : [...rbac, READ_VERDICT],
    gateDefault: 'block',
  };
}
