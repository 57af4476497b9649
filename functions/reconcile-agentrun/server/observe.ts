import type { AgentRun } from '../../../crds/agentrun.ts';
import { KINDS, SYSTEM_NAMESPACE } from '../../../crds/group.ts';
import type { SympoziumConfig } from '../../../crds/sympoziumconfig.ts';
import { DEPLOYMENTS, HTTP_ROUTES, SECRETS, SERVICES } from '../../../shared/kube/resources.ts';
import { selectorOf } from '../../../shared/kube/selector.ts';
import { troubleOf } from '../../../shared/pods/trouble.ts';
import type { ObserveContext } from '../../../shared/reconcile/reconciler.ts';
import { serverNameOf, webRouteOf } from '../names.ts';
import type { Resolving, Serving } from '../observed.ts';
import { foundSkills, skillsOf } from '../skills/skills.ts';
import { apiKeySecretOf, newApiKey } from './api-key.ts';
import { serverLabels } from './deployment.ts';
import type { Deployment, ServerObjects } from './objects.ts';
import { servingSkill } from './sidecar.ts';

/** What a run in server mode has made, and what else decides how it is reached. */
export async function observeServing(seen: Resolving, context: ObserveContext): Promise<Serving> {
  const { kube, signal } = context;
  const [server, gateway, apiKey] = await Promise.all([
    observeServer(seen.primary, context),
    kube.get<SympoziumConfig>(KINDS.SympoziumConfig, { namespace: SYSTEM_NAMESPACE, name: 'default' }, { signal }),
    observeApiKey(seen, context),
  ]);
  const trouble = await troubleOf(server.deployment, selectorOf(serverLabels(seen.primary)), context);
  return { ...seen, stage: 'serving', server, gateway, apiKey, ...(trouble !== undefined && { trouble }) };
}

/** The Gateway API may not be installed: then there is no route either. */
export async function observeServer(
  { metadata: { namespace = '', name } }: AgentRun,
  { kube, signal }: ObserveContext,
): Promise<ServerObjects> {
  const [deployment, service, route] = await Promise.all([
    kube.get<Deployment>(DEPLOYMENTS, { namespace, name: serverNameOf(name) }, { signal }),
    kube.get(SERVICES, { namespace, name: serverNameOf(name) }, { signal }),
    kube.get(HTTP_ROUTES, { namespace, name: webRouteOf(name) }, { signal }),
  ]);
  return { deployment, service, route };
}

/** Of a Secret only whether it exists is asked, never what is in it. */
async function observeApiKey(
  { primary: run, instance, packs }: Resolving,
  { kube, signal }: ObserveContext,
): Promise<Serving['apiKey']> {
  if (instance === undefined) return { found: true };
  const skills = foundSkills(skillsOf(run, instance), packs);
  const { name } = apiKeySecretOf(instance.metadata.name, servingSkill({ run, skills })?.params ?? {});
  const { namespace = '' } = run.metadata;
  const secret = await kube.get(SECRETS, { namespace, name }, { metadataOnly: true, signal });
  return secret === undefined ? { found: false, fresh: newApiKey() } : { found: true };
}
