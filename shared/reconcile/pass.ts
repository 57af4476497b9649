import type { Bus } from '../bus/bus.ts';
import type { Reply } from '../delivery/reply.ts';
import { type AppError, ERRORS } from '../errors.ts';
import { classifyFailure } from '../kube/failure.ts';
import type { KubeObject } from '../kube/objects.ts';
import { withEvents } from './events.ts';
import { ActionRefused, type Execution, execute } from './execute.ts';
import type { Plan } from './plan.ts';
import type { KubeReader, KubeWriter, ObjectKey, Reconciler, Refusal } from './reconciler.ts';

/** What one pass came to, for logs, metrics and `explain`. Without `error`, all of the plan's actions were carried out. */
export interface PassReport {
  key: ObjectKey;
  reply: Reply;
  startedAt: Date;
  /** When everything was read. */
  observedAt?: Date;
  endedAt: Date;
  /** The key's object, as it was read. */
  primary?: KubeObject;
  plan?: Plan;
  error?: AppError;
}

export interface PassDependencies<Config> {
  kube: KubeReader & KubeWriter;
  bus: Pick<Bus, 'publish' | 'last' | 'remember'>;
  config: Config;
  now: () => Date;
  /** W3C trace context of the pass, when telemetry is on. */
  traceparent?: string | undefined;
  report: (report: PassReport) => void;
}

/** One pass over one key: observe, plan, execute. Never throws: whatever goes wrong becomes the reply. */
export async function reconcile<Observed extends { primary: KubeObject | undefined }, Config>(
  reconciler: Reconciler<Observed, Config>,
  key: ObjectKey,
  { kube, bus, config, now, traceparent, report }: PassDependencies<Config>,
  signal: AbortSignal,
): Promise<Reply> {
  const time = now();
  let plan: Plan | undefined;
  let seen: Pick<PassReport, 'primary' | 'observedAt'> = {};
  const told = (reply: Reply) => {
    return { key, reply, startedAt: time, endedAt: now(), ...seen, ...(plan !== undefined && { plan }) };
  };
  try {
    const observed = await reconciler.observe(key, { kube, bus, now: time, traceparent, signal }, config);
    seen = { observedAt: now(), ...(observed.primary !== undefined && { primary: observed.primary }) };
    plan = reconciler.plan(observed, time, config);
    const { primary } = observed;
    if (primary !== undefined) {
      const { resource, fieldManager } = reconciler;
      const execution: Execution = { kube, bus, resource, fieldManager, primary, signal };
      plan = withEvents(plan, primary, fieldManager, time);
      plan = await carryOut(plan, execution, (refusal) => {
        const other = reconciler.planRefused?.(observed, refusal, time, config);
        return other && withEvents(other, primary, fieldManager, time);
      });
    }
    const reply = replyTo(plan);
    report(told(reply));
    return reply;
  } catch (thrown) {
    const error = classifyFailure(thrown instanceof ActionRefused ? thrown.cause : thrown);
    const outcome = ERRORS[error.code].disposition === 'retry' ? 'retry' : 'terminal';
    const reply: Reply = { outcome, code: error.code };
    report({ ...told(reply), error });
    return reply;
  }
}

const replyTo = ({ requeueAfterSeconds: seconds }: Plan): Reply =>
  seconds === undefined ? { outcome: 'settled' } : { outcome: 'requeueAfter', seconds };

/** Carries a plan out, or what is planned instead when the API server refuses part of it. Returns what was carried out. */
async function carryOut(
  plan: Plan,
  execution: Execution,
  instead: (refusal: Refusal) => Plan | undefined,
): Promise<Plan> {
  try {
    await execute(plan.actions, execution);
    return plan;
  } catch (thrown) {
    if (!(thrown instanceof ActionRefused)) throw thrown;
    const other = instead(thrown.refusal);
    if (other === undefined) throw thrown.cause;
    await execute(other.actions, { ...execution, primary: thrown.primary });
    return other;
  }
}
