import type { Bus } from '../bus/bus.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Resource } from '../kube/resources.ts';
import type { PassSignals } from '../telemetry/pass-signals.ts';
import type { PassReport } from './pass.ts';
import type { Action, Plan } from './plan.ts';

/** What a pass is about: the key of a primary object. */
export interface ObjectKey {
  namespace: string;
  name: string;
}

/** The part of the Kubernetes client that reads. */
export type KubeReader = Pick<KubeClient, 'get' | 'list' | 'page' | 'logs'>;

/** The part of the Kubernetes client that a plan's actions are carried out with. */
export type KubeWriter = Pick<KubeClient, 'create' | 'apply' | 'applyStatus' | 'replace' | 'mergePatch' | 'remove'>;

export interface ObserveContext {
  kube: KubeReader;
  bus: Pick<Bus, 'last'>;
  /** The pass's one clock reading: what is observed and what is planned agree on it. */
  now: Date;
  /** W3C trace context of the pass, when telemetry is on. */
  traceparent?: string | undefined;
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
  /**
   * What to do when the API server refuses an action of the plan for good (invalid, forbidden, too large), so that the object
   * says why; undefined leaves the refusal to the caller's retries. Pure, as `plan`.
   */
  planRefused?(observed: Observed, refusal: Refusal, now: Date, config: Config): Plan | undefined;
  /** What a pass is worth telling, besides that it was. Pure, as `plan`. */
  signals?(report: PassReport): PassSignals;
}

/** An action that the API server refused: its answer's code, reason and words. */
export interface Refusal {
  action: Action;
  code: number;
  reason: string;
  message: string;
}
