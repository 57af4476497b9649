import { CONDITIONS, MCP_DEPLOYMENT_CREATED, MCP_SERVER_REASONS, TOOL_REASONS } from '../../crds/conditions.ts';
import type { McpServer, McpServerStatus } from '../../crds/mcpserver.ts';
import type { Condition } from '../../crds/meta.ts';
import { isSame } from '../../shared/kube/applied.ts';
import { type ConditionClaim, withCondition } from '../../shared/kube/conditions.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import type { DiscoveryPlan } from './discovery.ts';
import { serviceUrl } from './network.ts';
import type { Standing } from './observed.ts';
import { isExternal, type Problem } from './problems.ts';

/** Longest list that the schema of the status takes. */
const TOOLS_MAX = 4096;
const WAITING_MAX = 1000;

type Claim = Omit<ConditionClaim, 'type'>;

export function statusOf(seen: Standing, discovery: DiscoveryPlan, now: Date): McpServerStatus {
  const { primary } = seen;
  const { tools = primary.status?.tools ?? [], hash } = discovery;
  const ready = readiness(seen, discovery.claim);
  const deployed = isExternal(primary) ? [] : [DEPLOYED];
  return {
    ...common(primary, [...deployed, { type: CONDITIONS.ready, ...ready }, discovery.claim], now),
    ready: ready.status === 'True',
    url: isExternal(primary) ? (primary.spec.url ?? '') : serviceUrl(primary),
    ...(tools.length > 0 && { toolCount: tools.length, tools: tools.slice(0, TOOLS_MAX) }),
    ...(hash !== undefined && { discovery: hash }),
  };
}

const DEPLOYED: ConditionClaim = {
  type: CONDITIONS.deployed,
  status: 'True',
  reason: MCP_DEPLOYMENT_CREATED,
  message: 'Deployment and Service created',
};

/** A pod that takes connections is not yet a server that answers: what asked it last decides [CTL-WM6]. */
function readiness({ primary, deployment, waiting }: Standing, tools: ConditionClaim): Claim {
  if (!isExternal(primary) && (deployment?.status?.readyReplicas ?? 0) === 0) {
    const why = waiting === undefined ? '' : `: ${waiting.slice(0, WAITING_MAX)}`;
    const message = `Waiting for deployment to become ready${why}`;
    return { status: 'False', reason: MCP_SERVER_REASONS.notReady, message };
  }
  if (tools.reason === TOOL_REASONS.noAnswer) {
    return { status: 'False', reason: MCP_SERVER_REASONS.unreachable, message: tools.message };
  }
  return isExternal(primary)
    ? { status: 'True', reason: MCP_SERVER_REASONS.external, message: 'External MCP server URL configured' }
    : { status: 'True', reason: MCP_SERVER_REASONS.ready, message: 'MCP server is ready' };
}

/** What was made before stays, and serves nobody new. */
export function wrongStatus(primary: McpServer, problems: readonly Problem[], now: Date): McpServerStatus {
  const reason = problems[0]?.reason ?? MCP_SERVER_REASONS.refused;
  const message = problems.map((problem) => problem.message).join('; ');
  return { ...common(primary, [{ type: CONDITIONS.ready, status: 'False', reason, message }], now), ready: false };
}

/** Conditions that are not claimed any more go: they would tell of another spec [CTL-WM6]. */
function common({ metadata, status }: McpServer, claims: readonly ConditionClaim[], now: Date) {
  const { generation } = metadata;
  const claimed = (status?.conditions ?? []).filter(({ type }) => claims.some((claim) => claim.type === type));
  const conditions = claims.reduce<Condition[]>(
    (current, claim) => withCondition(current, claim, { generation, now }),
    claimed,
  );
  return { ...(generation !== undefined && { observedGeneration: generation }), conditions };
}

export const statusActions = ({ status: before }: McpServer, status: McpServerStatus): Action[] =>
  isSame(before, status) ? [] : [{ verb: 'applyStatus', status }];
