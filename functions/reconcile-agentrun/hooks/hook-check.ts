import { RUN_REASONS } from '../../../crds/conditions.ts';
import type { LifecycleHooks } from '../../../crds/lifecycle.ts';
import { isDnsLabel } from '../../../shared/kube/names.ts';
import { type Failure, failure } from '../failure.ts';
import { type Hook, isGate, postRunHooks, preRunHooks } from './hooks.ts';

/**
 * What keeps hooks from ever running, told before the run begins: the API server would refuse them, those after the agent only
 * once its work is done.
 */
export function invalidHooks(lifecycle: LifecycleHooks | undefined): Failure | undefined {
  const [before, after] = [preRunHooks({ lifecycle }), postRunHooks({ lifecycle })];
  return misplacedGate(before, after) ?? badHook('preRun', before) ?? badHook('postRun', after);
}

/** In the original's words [RUN-009] [RUN-010]. */
function misplacedGate(before: readonly Hook[], after: readonly Hook[]): Failure | undefined {
  const gateFailure = (why: string) => failure(RUN_REASONS.invalidSpec, `gate hook validation failed: ${why}`);
  const early = before.find(isGate);
  if (early !== undefined) {
    return gateFailure(`gate: true is only valid on postRun hooks, not preRun (hook "${early.name}")`);
  }
  const gates = after.filter(isGate).length;
  return gates > 1 ? gateFailure(`at most one postRun hook may have gate: true, found ${gates}`) : undefined;
}

function badHook(moment: string, hooks: readonly Hook[]): Failure | undefined {
  const names = new Set<string>();
  for (const { name, container, image } of hooks) {
    const at = `lifecycle.${moment} hook "${name}"`;
    if (!isDnsLabel(container)) {
      return failure(RUN_REASONS.invalidSpec, `name of ${at} must be lower case letters, digits and dashes`);
    }
    if (image === '') return failure(RUN_REASONS.invalidSpec, `image of ${at} must not be empty`);
    if (names.has(container)) return failure(RUN_REASONS.invalidSpec, `name of ${at} must be unique`);
    names.add(container);
  }
  return undefined;
}
