import type { Bus } from '../bus/bus.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Resource } from '../kube/resources.ts';
import type { Plan } from './plan.ts';

/** What a pass is about: the key of a primary object. */
export interface ObjectKey {
  namespace: string;
  name: string;
}

export interface ObserveContext {
  kube: KubeClient;
  bus: Bus;
  signal: AbortSignal;
}

/**
 * A reconciler: `observe` only reads and returns plain JSON, `plan` is pure. `Observed.primary` is the object that the key
 * names, undefined when it is gone.
 */
export interface Reconciler<Observed extends { primary: KubeObject | undefined }, Config> {
  resource: Resource;
  /** Owner of the fields that this reconciler applies, `<kind>-reconciler`. */
  fieldManager: string;
  observe(key: ObjectKey, context: ObserveContext, config: Config): Promise<Observed>;
  plan(observed: Observed, now: Date, config: Config): Plan;
}
