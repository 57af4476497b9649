import type { AgentRun } from '../../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES, RUN_REASONS } from '../../../crds/conditions.ts';
import { HTTP_ROUTES } from '../../../shared/kube/resources.ts';
import type { PassReport } from '../../../shared/reconcile/pass.ts';
import type { Measurement } from '../../../shared/telemetry/metrics.ts';
import { isServer } from '../pod/run-build.ts';

/** How many servers there are, how often the gateway was not ready for one, and routes (AgentRun spec, 7.1). */
export function serverMeasurements({ plan, error }: PassReport, run: AgentRun): Measurement[] {
  if (error !== undefined || !isServer(run)) return [];
  const actions = plan?.actions ?? [];
  const stored = actions.find((action) => action.verb === 'applyStatus')?.status as AgentRunStatus | undefined;
  const now = stored ?? run.status;
  const wasServing = run.status?.phase === AGENT_RUN_PHASES.serving;
  const isServing = now?.phase === AGENT_RUN_PHASES.serving;
  // The one pass that tells of the end is the one that counts it; a run that never served has no Deployment in its status.
  const ends = run.status?.deploymentName !== undefined && actions.some(({ verb }) => verb === 'publish');
  const routed = actions.some((action) => action.verb === 'create' && action.resource === HTTP_ROUTES);
  const waits = isServing && now?.conditions?.some(({ reason }) => reason === RUN_REASONS.gatewayNotReady);
  const attributes = { 'sympozium.instance': run.spec.instanceRef };
  const of = (name: string, unit: string, value = 1, kind: Measurement['kind'] = 'counter'): Measurement => ({
    kind,
    name,
    unit,
    value,
    attributes,
  });
  return [
    ...(isServing && !wasServing ? [of('sympozium.web_endpoint.serving', '{deployment}', 1, 'upDownCounter')] : []),
    ...(ends ? [of('sympozium.web_endpoint.serving', '{deployment}', -1, 'upDownCounter')] : []),
    ...(waits === true ? [of('sympozium.web_endpoint.gateway_not_ready', '{check}')] : []),
    ...(routed ? [of('sympozium.web_endpoint.route_created', '{route}')] : []),
  ];
}
