import type { LifecycleHook, LifecycleHooks } from '../../../crds/lifecycle.ts';
import { fitName } from '../../../shared/kube/names.ts';
import type { Pod } from '../../../shared/pods/pod.ts';
import { parseGoDuration } from '../../../shared/runs/go-duration.ts';
import type { RunConfig } from '../config.ts';

/** A hook as the init container that it runs in. */
export interface Hook extends LifecycleHook {
  container: string;
}

/** A resolution, or the spec of a run that has none. */
export type Hooked = { lifecycle?: LifecycleHooks | undefined } | undefined;

export function preRunHooks(resolution: Hooked): Hook[] {
  return (resolution?.lifecycle?.preRun ?? []).map((hook) => asHook('pre', hook));
}

/** In the order in which they run: the gate first [RUN-095]. */
export function postRunHooks(resolution: Hooked): Hook[] {
  const hooks = (resolution?.lifecycle?.postRun ?? []).map((hook) => asHook('post', hook));
  return [...hooks.filter(isGate), ...hooks.filter((hook) => !isGate(hook))];
}

export const isGate = ({ gate }: LifecycleHook): boolean => gate === true;

/** Whether a hook decides over the answer before anybody is told. */
export const isGated = (resolution: Hooked): boolean => (resolution?.lifecycle?.postRun ?? []).some(isGate);

export const hasPostRun = (resolution: Hooked): boolean => (resolution?.lifecycle?.postRun ?? []).length > 0;

/** Whether the hooks speak to the API server, and so need a token. */
export const wantsLifecycleAccess = (resolution: Hooked): boolean => (resolution?.lifecycle?.rbac ?? []).length > 0;

function asHook(moment: 'pre' | 'post', hook: LifecycleHook): Hook {
  return { ...hook, container: fitName(`${moment}-${hook.name}`) };
}

/** The time-out that a hook states itself, in seconds; undefined without one. */
export function ownTimeout({ timeout }: LifecycleHook): number | undefined {
  const seconds = parseGoDuration(timeout ?? '');
  return seconds !== undefined && seconds > 0 ? seconds : undefined;
}

export function postRunTimeout(hook: LifecycleHook, config: RunConfig): number {
  return ownTimeout(hook) ?? (isGate(hook) ? config.RUN_GATE_TIMEOUT_SECONDS : config.RUN_HOOK_TIMEOUT_SECONDS);
}

/** The first hook under way, and the seconds left to it: 0 or less when it has had its time [RUN-W48]. */
export function runningHook<T extends Hook>(
  pod: Pod | undefined,
  hooks: readonly T[],
  timeoutOf: (hook: T) => number | undefined,
  now: Date,
): { hook: T; left: number } | undefined {
  for (const hook of hooks) {
    const state = pod?.status?.initContainerStatuses?.find(({ name }) => name === hook.container)?.state;
    const since = Date.parse(state?.running?.startedAt ?? '');
    const timeout = timeoutOf(hook);
    if (Number.isNaN(since) || timeout === undefined) continue;
    return { hook, left: timeout - (now.getTime() - since) / 1000 };
  }
  return undefined;
}
