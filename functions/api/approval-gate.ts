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

/** Hooks without the gate; undefined when nothing is left. The rule that only the gate needed goes with it (API-W39). */
export function withoutApprovalGate(hooks: LifecycleHooks | undefined): LifecycleHooks | undefined {
  if (hooks?.postRun?.some(({ name }) => name === GATE_NAME) !== true) return hooks;
  const { preRun = [] } = hooks;
  const postRun = hooks.postRun.filter(({ name }) => name !== GATE_NAME);
  const rbac = (hooks.rbac ?? []).filter((rule) => JSON.stringify(rule) !== JSON.stringify(READ_VERDICT));
  if (preRun.length + postRun.length + rbac.length === 0) return undefined;
  const { preRun: _, postRun: __, rbac: ___, ...rest } = hooks;
  return {
    ...rest,
    ...(preRun.length > 0 && { preRun }),
    ...(postRun.length > 0 && { postRun }),
    ...(rbac.length > 0 && { rbac }),
  };
}
