import type { Bus } from '../bus/bus.ts';
import type { Reply } from '../delivery/reply.ts';
import { type AppError, ERRORS } from '../errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { classifyFailure } from '../kube/failure.ts';
import type { KubeObject } from '../kube/objects.ts';
import { execute } from './execute.ts';
import type { Plan } from './plan.ts';
import type { ObjectKey, Reconciler } from './reconciler.ts';

/** What one pass came to, for logs, metrics and `explain`. */
export interface PassReport {
  key: ObjectKey;
  reply: Reply;
  plan?: Plan;
  error?: AppError;
}

export interface PassDependencies<Config> {
  kube: KubeClient;
  bus: Bus;
  config: Config;
  now: () => Date;
  report: (report: PassReport) => void;
}

/** One pass over one key: observe, plan, execute. Never throws: whatever goes wrong becomes the reply. */
export async function reconcile<Observed extends { primary: KubeObject | undefined }, Config>(
  reconciler: Reconciler<Observed, Config>,
  key: ObjectKey,
  { kube, bus, config, now, report }: PassDependencies<Config>,
  signal: AbortSignal,
): Promise<Reply> {
  let plan: Plan | undefined;
  try {
    const observed = await reconciler.observe(key, { kube, bus, signal }, config);
    plan = reconciler.plan(observed, now(), config);
    if (observed.primary !== undefined) {
      const { resource, fieldManager } = reconciler;
      await execute(plan.actions, { kube, bus, resource, fieldManager, primary: observed.primary, signal });
    }
    const reply: Reply =
      plan.requeueAfterSeconds === undefined
        ? { outcome: 'settled' }
        : { outcome: 'requeueAfter', seconds: plan.requeueAfterSeconds };
    report({ key, reply, plan });
    return reply;
  } catch (thrown) {
    const error = classifyFailure(thrown);
    const outcome = ERRORS[error.code].disposition === 'retry' ? 'retry' : 'terminal';
    const reply: Reply = { outcome, code: error.code };
    report({ key, reply, error, ...(plan !== undefined && { plan }) });
    return reply;
  }
}
