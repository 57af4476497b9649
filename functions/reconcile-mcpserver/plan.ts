/**
 * MCPServer → what serves it, who may reach it, and what it offers. Decides from what is observed now, never from the event that
 * woke it. Pure: the clock comes in as an argument, writes go out as data.
 */
import { MCP_SERVER_REASONS } from '../../crds/conditions.ts';
import { type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Refusal } from '../../shared/reconcile/reconciler.ts';
import type { McpServerConfig } from './config.ts';
import { planDiscovery, refusedDiscovery, targetOf } from './discovery.ts';
import type { Observed, Standing } from './observed.ts';
import { isExternal, type Problem, problemsOf } from './problems.ts';
import { statusActions, statusOf, wrongStatus } from './status.ts';
import { removals, workloadActions } from './workload.ts';

/** Secrets, and objects of others that have the server's name, are in no watch. */
const RECHECK_SECONDS = 60;
/** What the API server refused, it seldom takes soon: a quota, or a field that a person must change. */
const REFUSED_SECONDS = 300;

export function planMcpServer(seen: Observed, now: Date, config: McpServerConfig): Plan {
  if (seen.stage === 'gone') return settled('The server is gone');
  const { primary } = seen;
  // What it owns goes with it.
  if (primary.metadata.deletionTimestamp !== undefined) return settled('The server is going');
  const target = targetOf(seen, config);
  if (target === undefined) return planWrong(seen, problemsOf(seen), now);
  const discovery = planDiscovery(seen, target, now, config);
  const status = statusOf(seen, discovery, now);
  const waits = [
    ...(usesSecrets(seen) ? [RECHECK_SECONDS] : []),
    ...(discovery.requeueAfterSeconds === undefined ? [] : [discovery.requeueAfterSeconds]),
  ];
  return {
    actions: [
      ...(isExternal(primary) ? removals(seen) : workloadActions(seen, config)),
      // What was found is stored before the Job that found it goes.
      ...statusActions(primary, status),
      ...discovery.actions,
    ],
    reason: status.conditions?.find(({ type }) => type === 'Ready')?.message ?? '',
    ...(waits.length > 0 && { requeueAfterSeconds: Math.min(...waits) }),
  };
}

const usesSecrets = ({ primary }: Standing): boolean =>
  !isExternal(primary) && (primary.spec.deployment?.secretRefs ?? []).length > 0;

/** A spec that cannot be is looked at again when it changes, which is an event. */
function planWrong({ primary }: Standing, problems: readonly Problem[], now: Date): Plan {
  const lasting = problems.every(({ reason }) => reason === MCP_SERVER_REASONS.invalidSpec);
  return {
    actions: statusActions(primary, wrongStatus(primary, problems, now)),
    reason: problems[0]?.message ?? '',
    ...(!lasting && { requeueAfterSeconds: RECHECK_SECONDS }),
  };
}

/** What the API server does not take is told of, in its words; without the Job that asks for tools the server still serves. */
export function planRefusedMcpServer(
  seen: Observed,
  { action, message }: Refusal,
  now: Date,
  config: McpServerConfig,
): Plan | undefined {
  if (seen.stage !== 'standing' || (action.verb !== 'apply' && action.verb !== 'create')) return undefined;
  const { kind, metadata } = action.object;
  const why = `${kind} "${metadata.name}" was refused: ${message}`;
  const target = targetOf(seen, config);
  const status =
    action.verb === 'create' && target !== undefined
      ? statusOf(seen, refusedDiscovery(target, why), now)
      : wrongStatus(seen.primary, [{ reason: MCP_SERVER_REASONS.refused, message: why }], now);
  return { actions: statusActions(seen.primary, status), reason: why, requeueAfterSeconds: REFUSED_SECONDS };
}
