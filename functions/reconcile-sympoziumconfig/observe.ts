import { KINDS } from '../../crds/group.ts';
import type { SympoziumConfig } from '../../crds/sympoziumconfig.ts';
import { isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';
import { GATEWAY_CLASSES, GATEWAYS, type Resource } from '../../shared/kube/resources.ts';
import { isNotFound } from '../../shared/kube/status-error.ts';
import type { ObjectKey, ObserveContext } from '../../shared/reconcile/reconciler.ts';
import { type Gateway, type GatewayClass, isMadeHere, wantedGateway } from './gateway.ts';
import type { GatewayApi, Observed } from './observed.ts';

/** Three reads, four when a class may have to go. */
export async function observeConfig(key: ObjectKey, context: ObserveContext): Promise<Observed> {
  const { kube, signal } = context;
  const primary = await kube.get<SympoziumConfig>(KINDS.SympoziumConfig, key, { signal });
  if (primary === undefined) return { stage: 'gone', primary };
  const [gateways, classes] = await Promise.all([
    listOrMissing<Gateway>(GATEWAYS, context),
    listOrMissing<GatewayClass>(GATEWAY_CLASSES, context),
  ]);
  if (gateways === 'missing' || classes === 'missing') return { stage: 'standing', primary, api: 'missing' };
  return { stage: 'standing', primary, api: await sortOut(primary, gateways, classes, context) };
}

/** A list is empty where the kind exists, and not found where it does not. Both kinds are few in any cluster. */
async function listOrMissing<T extends KubeObject>(
  resource: Resource,
  { kube, signal }: ObserveContext,
): Promise<T[] | 'missing'> {
  try {
    return (await kube.list<T>(resource, { signal })).items;
  } catch (thrown) {
    if (isNotFound(thrown)) return 'missing';
    throw thrown;
  }
}

async function sortOut(
  config: SympoziumConfig,
  gateways: readonly Gateway[],
  classes: readonly GatewayClass[],
  context: ObserveContext,
): Promise<GatewayApi> {
  const wanted = wantedGateway(config);
  const { namespace } = config.metadata;
  const own = gateways.filter((one) => isControlledBy(one, config));
  const used = new Set(gateways.filter((one) => !own.includes(one)).map(({ spec }) => spec.gatewayClassName));
  return {
    own,
    taken: gateways.some(
      (one) => one.metadata.namespace === namespace && one.metadata.name === wanted?.name && !own.includes(one),
    ),
    classFound: classes.some(({ metadata }) => metadata.name === wanted?.gatewayClassName),
    leftClasses: await unwanted(
      classes.filter((one) => isMadeHere(one) && !used.has(one.metadata.name)),
      context,
    ),
  };
}

/** A configuration may be about to make the Gateway of a class that no Gateway names yet. */
async function unwanted(unused: readonly GatewayClass[], { kube, signal }: ObserveContext): Promise<GatewayClass[]> {
  if (unused.length === 0) return [];
  const { items } = await kube.list<SympoziumConfig>(KINDS.SympoziumConfig, { signal });
  const named = new Set(items.map((one) => wantedGateway(one)?.gatewayClassName));
  return unused.filter(({ metadata }) => !named.has(metadata.name));
}
