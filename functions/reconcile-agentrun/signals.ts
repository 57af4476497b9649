/** What passes over runs are worth telling: spans, metrics and logs under the original's names (AgentRun spec, 7.1). Pure. */
import type { AgentRun } from '../../crds/agentrun.ts';
import { AGENT_RUN_PHASES } from '../../crds/conditions.ts';
import type { BusEnvelope } from '../../shared/bus/subjects.ts';
import type { PassReport } from '../../shared/reconcile/pass.ts';
import type { Measurement } from '../../shared/telemetry/metrics.ts';
import type { PassSignals } from '../../shared/telemetry/pass-signals.ts';
import { serverMeasurements } from './server/signals.ts';

export function runSignals(report: PassReport): PassSignals {
  // The reconciler reads runs and nothing else by its keys.
  const run = report.primary as AgentRun | undefined;
  if (run === undefined) return {};
  const instance = { 'instance.name': run.spec.instanceRef };
  const { measurements = [], ...outcome } = outcomeSignals(report);
  return {
    attributes: instance,
    parts: partsOf(report, run),
    measurements: [...measurements, ...serverMeasurements(report, run)],
    ...outcome,
  };
}

/** Reading what the agent left, and making the run's objects. */
function partsOf(
  { key, plan, startedAt, observedAt, endedAt }: PassReport,
  run: AgentRun,
): NonNullable<PassSignals['parts']> {
  if (observedAt === undefined) return [];
  const attributes = { 'agentrun.name': key.name, 'instance.name': run.spec.instanceRef };
  const read = { name: 'agentrun.extract_result', attributes, startedAt, endedAt: observedAt };
  const made = { name: 'agentrun.create_job', attributes, startedAt: observedAt, endedAt };
  const makesJob =
    plan?.actions.some((action) => action.verb === 'create' && /^(Job|Sandbox)$/.test(action.resource.kind)) ?? false;
  return [...(run.status?.phase === AGENT_RUN_PHASES.running ? [read] : []), ...(makesJob ? [made] : [])];
}

/**
 * Told by the one pass that published the run's terminal event and marked the run: passes that were cut before, and passes
 * over a marked run, tell nothing, so that each run counts once [RUN-W37].
 */
function outcomeSignals({ key, plan, error }: PassReport): Pick<PassSignals, 'measurements' | 'logs'> {
  if (error !== undefined) return {};
  for (const action of plan?.actions ?? []) {
    if (action.verb !== 'publish') continue;
    // Terminal events are the only messages of this reconciler, and have the bus's envelope.
    const event = action.message.payload as BusEnvelope;
    const run = { namespace: key.namespace, run: key.name, instance: event.metadata['instanceName'] ?? '' };
    if (event.topic === 'agent.run.completed') return succeeded(run, event.data as Completed);
    if (event.topic === 'agent.run.failed') return failed(run, event.data as { error: string });
  }
  return {};
}

/** What `agent.run.completed` tells. */
interface Completed {
  metrics: { durationMs: number; inputTokens: number; outputTokens: number; toolCalls: number };
}

interface Named {
  namespace: string;
  run: string;
  instance: string;
}

function succeeded(run: Named, { metrics }: Completed): Pick<PassSignals, 'measurements' | 'logs'> {
  const attributes = { 'sympozium.agent.status': 'succeeded', 'sympozium.instance': run.instance };
  const duration: Measurement = {
    kind: 'histogram',
    name: 'sympozium.agent.duration_ms',
    unit: 'ms',
    value: metrics.durationMs,
    attributes,
  };
  return {
    measurements: [counted(attributes), ...(metrics.durationMs > 0 ? [duration] : [])],
    logs: [{ level: 'info', message: 'agent.run.succeeded', fields: { ...run, status: 'succeeded', ...metrics } }],
  };
}

function failed(run: Named, { error }: { error: string }): Pick<PassSignals, 'measurements' | 'logs'> {
  const instance = { 'sympozium.instance': run.instance };
  return {
    measurements: [
      counted({ 'sympozium.agent.status': 'failed', ...instance }),
      {
        kind: 'counter',
        name: 'sympozium.errors',
        unit: '{error}',
        value: 1,
        attributes: { 'error.type': 'agent_run_failed', ...instance },
      },
    ],
    logs: [{ level: 'warn', message: 'agent.run.failed', fields: { ...run, status: 'failed', error } }],
  };
}

const counted = (attributes: Measurement['attributes']): Measurement => ({
  kind: 'counter',
  name: 'sympozium.agent.runs',
  unit: '{run}',
  value: 1,
  attributes,
});
