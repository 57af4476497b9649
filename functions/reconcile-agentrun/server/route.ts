import { SYSTEM_NAMESPACE } from '../../../crds/group.ts';
import type { SympoziumConfig } from '../../../crds/sympoziumconfig.ts';
import { marked } from '../../../shared/kube/applied.ts';
import { controllerReference, type KubeObject } from '../../../shared/kube/objects.ts';
import { apiVersionOf, HTTP_ROUTES } from '../../../shared/kube/resources.ts';
import { serverNameOf, webRouteOf } from '../names.ts';
import type { RunBuild, SidecarSkill } from '../pod/run-build.ts';
import { serverLabels } from './deployment.ts';
import { portsOf } from './sidecar.ts';

/** How a server is reached from outside the cluster: through a route, not yet since the gateway is not ready, or not at all. */
export type Reach = { kind: 'route'; host: string; route: KubeObject } | { kind: 'notReady'; host: string } | undefined;

/** The host is the skill's own or a subdomain of the gateway's; without one there is no route [RUN-108]. */
export function reachOf(build: RunBuild, skill: SidecarSkill, config: SympoziumConfig | undefined): Reach {
  const gateway = config?.spec.gateway;
  if (gateway?.enabled !== true) return undefined;
  const { baseDomain = '' } = gateway;
  const domain = baseDomain === '' ? '' : `${build.run.spec.instanceRef}.${baseDomain}`;
  const host = skill.params['hostname'] || domain;
  if (host === '') return undefined;
  if (config?.status?.gateway?.ready !== true) return { kind: 'notReady', host };
  return { kind: 'route', host, route: routeTo(build, skill, { host, gateway: gateway.name || 'sympozium-gateway' }) };
}

function routeTo({ run }: RunBuild, { sidecar }: SidecarSkill, { host, gateway }: { host: string; gateway: string }) {
  const { name, namespace = '' } = run.metadata;
  const [{ containerPort }] = portsOf(sidecar);
  const object = {
    apiVersion: apiVersionOf(HTTP_ROUTES),
    kind: HTTP_ROUTES.kind,
    metadata: {
      name: webRouteOf(name),
      namespace,
      labels: serverLabels(run),
      ownerReferences: [controllerReference(run)],
    },
    spec: {
      parentRefs: [{ name: gateway, namespace: SYSTEM_NAMESPACE }],
      hostnames: [host],
      rules: [{ backendRefs: [{ name: serverNameOf(name), port: containerPort }] }],
    },
  };
  return marked(object);
}
