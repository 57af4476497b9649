/**
 * SympoziumConfig → the Gateway that web endpoints are reached by, and its class. Decides from what is observed now, never from the
 * event that woke it. Pure: the clock comes in as an argument, writes go out as data.
 */
import { CONFIG_REASONS } from '../../crds/conditions.ts';
import { FINALIZERS } from '../../crds/labels.ts';
import type { SympoziumConfig } from '../../crds/sympoziumconfig.ts';
import { isApplied } from '../../shared/kube/applied.ts';
import { GATEWAY_CLASSES, GATEWAYS, refOf } from '../../shared/kube/resources.ts';
import { claim, release } from '../../shared/reconcile/finalizer.ts';
import { type Action, type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Refusal } from '../../shared/reconcile/reconciler.ts';
import {
  buildGateway,
  buildGatewayClass,
  type Gateway,
  isProgrammed,
  type WantedGateway,
  wantedGateway,
} from './gateway.ts';
import type { GatewayApi, Observed } from './observed.ts';
import { gatewayNotes, gatewayProblems } from './problems.ts';
import { type Claim, statusActions, statusOf } from './status.ts';

/** A Gateway that is not programmed is looked at again, since its class is in no watch. */
const PENDING_SECONDS = 30;
/** Kinds that are not installed, and names that are taken, are in no watch. */
const RECHECK_SECONDS = 60;
/** What the API server refused, it seldom takes soon. */
const REFUSED_SECONDS = 300;

export function planConfig(seen: Observed, now: Date): Plan {
  if (seen.stage === 'gone') return settled('The configuration is gone');
  const { primary, api } = seen;
  if (primary.metadata.deletionTimestamp !== undefined) return planDeletion(primary, api);
  const wanted = wantedGateway(primary);
  const plan = wanted === undefined ? planDisabled(primary, api, now) : planEnabled(primary, wanted, api, now);
  return { ...plan, actions: [...claim(primary.metadata, FINALIZERS.sympoziumConfig), ...plan.actions] };
}

/** The API server does not take the Gateway or its class: the configuration says so, in its words. */
export function planRefusedConfig(seen: Observed, { action, message }: Refusal, now: Date): Plan | undefined {
  if (seen.stage !== 'standing' || (action.verb !== 'apply' && action.verb !== 'replace')) return undefined;
  const why = { reason: CONFIG_REASONS.refused, message: `${action.resource.kind}: ${message}` };
  return { ...told(seen.primary, why, now), requeueAfterSeconds: REFUSED_SECONDS };
}

/** Nothing is changed while something is wrong; the Gateway stays as last seen. */
function told(config: SympoziumConfig, why: Claim, now: Date): Plan {
  return { actions: statusActions(config, statusOf(config, why, config.status?.gateway, now)), reason: why.message };
}

function planEnabled(config: SympoziumConfig, wanted: WantedGateway, api: GatewayApi | 'missing', now: Date): Plan {
  const problems = gatewayProblems(wanted);
  if (problems.length > 0) {
    return told(config, { reason: CONFIG_REASONS.invalidSpec, message: problems.join('; ') }, now);
  }
  if (api === 'missing') {
    const message =
      'The cluster has no Gateway API; install its custom resource definitions (gateway.networking.k8s.io)';
    const why = { reason: CONFIG_REASONS.gatewayApiMissing, message };
    return { ...told(config, why, now), requeueAfterSeconds: RECHECK_SECONDS };
  }
  if (api.taken) {
    const message = `Gateway "${wanted.name}" exists and belongs to something else; choose another gateway.name`;
    return {
      ...told(config, { reason: CONFIG_REASONS.nameTaken, message }, now),
      requeueAfterSeconds: RECHECK_SECONDS,
    };
  }
  return planGateway(config, wanted, api, now);
}

function planGateway(config: SympoziumConfig, wanted: WantedGateway, api: GatewayApi, now: Date): Plan {
  const desired = buildGateway(config, wanted);
  const existing = api.own.find(({ metadata }) => metadata.name === wanted.name);
  const isThere = existing !== undefined && isApplied(existing, desired);
  const ready = isThere && isProgrammed(existing);
  const reason = ready ? CONFIG_REASONS.ready : CONFIG_REASONS.pending;
  const state = ready ? 'The Gateway is programmed' : `Gateway "${wanted.name}" waits for its controller to program it`;
  const why = { reason, message: [state, ...gatewayNotes(wanted)].join('; ') };
  const address = existing?.status?.addresses?.[0]?.value;
  const gateway = {
    ready,
    ...(address !== undefined && { address }),
    listenerCount: desired.spec.listeners.length,
  };
  return {
    actions: [
      // Found meanwhile, it is somebody's: the next pass sees it.
      ...(api.classFound
        ? []
        : [{ verb: 'replace' as const, resource: GATEWAY_CLASSES, object: buildGatewayClass(wanted) }]),
      ...(isThere ? [] : [{ verb: 'apply' as const, resource: GATEWAYS, object: desired }]),
      ...removals(api, existing),
      ...statusActions(config, statusOf(config, why, gateway, now)),
    ],
    reason: why.message,
    ...(!ready && { requeueAfterSeconds: PENDING_SECONDS }),
  };
}

function planDisabled(config: SympoziumConfig, api: GatewayApi | 'missing', now: Date): Plan {
  const why = { reason: CONFIG_REASONS.disabled, message: '`gateway.enabled` is not set' };
  return {
    actions: [...removals(api), ...statusActions(config, statusOf(config, why, undefined, now))],
    reason: why.message,
  };
}

function planDeletion({ metadata }: SympoziumConfig, api: GatewayApi | 'missing'): Plan {
  const freed = release(metadata, FINALIZERS.sympoziumConfig);
  if (freed.length === 0) return settled('The configuration is going');
  return { actions: [...removals(api), ...freed], reason: 'The configuration was deleted' };
}

/** The configuration's own Gateways but for `kept`, such as one of an earlier name, and classes that nobody names [CTL-WG1]. */
function removals(api: GatewayApi | 'missing', kept?: Gateway): Action[] {
  if (api === 'missing') return [];
  const targets = [
    ...api.own.filter((one) => one !== kept).map((one) => refOf(GATEWAYS, one)),
    ...api.leftClasses.map((one) => refOf(GATEWAY_CLASSES, one)),
  ];
  return targets.map((target) => ({ verb: 'delete', target, propagation: 'Background' }));
}
