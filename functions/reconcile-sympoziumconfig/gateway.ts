import { ANNOTATIONS, LABELS } from '../../crds/labels.ts';
import type { SympoziumConfig } from '../../crds/sympoziumconfig.ts';
import { marked } from '../../shared/kube/applied.ts';
import { controllerReference, type KubeObject } from '../../shared/kube/objects.ts';

/** Value of the label `managed-by` on what a configuration makes. */
export const MANAGER = 'sympoziumconfig';
const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';

export interface Gateway extends KubeObject {
  spec: { gatewayClassName: string; listeners: readonly { name: string }[] };
  status?: {
    addresses?: readonly { value?: string }[];
    conditions?: readonly { type: string; status: string; observedGeneration?: number }[];
  };
}

export interface GatewayClass extends KubeObject {
  spec: { controllerName: string };
}

/** The part of a configuration that asks for a Gateway; undefined when it asks for none. */
export function wantedGateway({ spec, metadata }: SympoziumConfig) {
  const standing = metadata.deletionTimestamp === undefined;
  return standing && spec.gateway?.enabled === true ? spec.gateway : undefined;
}

export type WantedGateway = NonNullable<ReturnType<typeof wantedGateway>>;

/** HTTPS needs a domain to have a certificate for. */
const hasTls = ({ tls, baseDomain = '' }: WantedGateway): boolean => tls?.enabled === true && baseDomain !== '';

/** Annotations that others put on the Gateway stay [CTL-WG2]. */
export function buildGateway(config: SympoziumConfig, wanted: WantedGateway): Gateway {
  const { tls, baseDomain = '', routesFrom = 'All' } = wanted;
  const issuer = tls?.certManagerClusterIssuer ?? '';
  // Routes are made beside the runs that they lead to, so that a listener for its own namespace alone would reach none [CTL-WG2].
  const allowedRoutes = { namespaces: { from: routesFrom } };
  const http = { name: 'http', protocol: 'HTTP', port: 80, allowedRoutes };
  const https = {
    name: 'https',
    protocol: 'HTTPS',
    port: 443,
    hostname: `*.${baseDomain}`,
    tls: { mode: 'Terminate', certificateRefs: [{ kind: 'Secret', name: tls?.secretName ?? '' }] },
    allowedRoutes,
  };
  return marked({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: {
      name: wanted.name,
      namespace: config.metadata.namespace ?? '',
      labels: { [LABELS.managedBy]: MANAGER },
      ...(issuer !== '' && { annotations: { [ANNOTATIONS.certManagerClusterIssuer]: issuer } }),
      ownerReferences: [controllerReference(config)],
    },
    spec: { gatewayClassName: wanted.gatewayClassName, listeners: hasTls(wanted) ? [http, https] : [http] },
  });
}

/** A class belongs to the cluster, so it has no owner; the mark tells that a configuration made it [CTL-WG1]. */
export function buildGatewayClass({ gatewayClassName: name }: WantedGateway): GatewayClass {
  return marked({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name, labels: { [LABELS.managedBy]: MANAGER } },
    spec: { controllerName: CONTROLLER },
  });
}

/** The original puts its label on classes that were there before, so the label alone proves nothing [CTL-WG1]. */
export const isMadeHere = ({ metadata }: GatewayClass): boolean =>
  metadata.labels?.[LABELS.managedBy] === MANAGER && metadata.annotations?.[ANNOTATIONS.applied] !== undefined;

/** Programmed, and from the Gateway as it is now. */
export function isProgrammed({ metadata, status }: Gateway): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Programmed');
  const { observedGeneration = metadata.generation ?? 0 } = condition ?? {};
  return condition?.status === 'True' && observedGeneration >= (metadata.generation ?? 0);
}
